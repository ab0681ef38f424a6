//! What the targets for tokenizers share: a folder in memory, and everything that is done with one.

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_tokenization::Tokenizer;
use tempfile::TempDir;

/// A folder that is gone when it is dropped.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one, in memory where the system keeps `/dev/shm`.
    pub fn fresh() -> Self {
        let memory = Path::new("/dev/shm");
        Self(
            if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }
                .expect("a folder can be made"),
        )
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path().join(name), content).expect("a file can be written");
    }
}

/// Loads the folder's tokenizer each way, and gives what loads the text.
pub fn tokenize(folder: &ModelFolder, text: &str) {
    if let Ok(tokenizer) = Tokenizer::for_embeddings(folder, 16) {
        let single = tokenizer.encode(text);
        assert!(single.is_err() || single.is_ok_and(|tokens| tokens.len() <= 16), "the limit holds");
        let _ = tokenizer.encode_pair(text, text);
        let _ = tokenizer.encode_with_prompt(text, text);
        tokenizer.description();
    }
    if let Ok(tokenizer) = Tokenizer::for_bertscore(folder, 16) {
        let _ = tokenizer.encode(text);
        tokenizer.description();
    }
}
