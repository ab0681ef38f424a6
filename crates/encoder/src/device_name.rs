//! What people call a device, from what the kernel and the driver say in /proc. libtorch itself is not asked: it has no
//! question for this that does not need CUDA at link time.

use std::path::Path;

/// The processor's name, such as `AMD EPYC 9655`; `CPU` where the kernel does not say.
pub(crate) fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    value(&info, "model name").unwrap_or_else(|| "CPU".to_owned())
}

/// The GPU's name; `CUDA device N` where the driver's folder is missing or lists different GPUs, since its order is not
/// CUDA's.
pub(crate) fn nvidia(index: usize) -> String {
    only_model(Path::new("/proc/driver/nvidia/gpus")).unwrap_or_else(|| format!("CUDA device {index}"))
}

fn only_model(gpus: &Path) -> Option<String> {
    let mut names: Vec<String> = std::fs::read_dir(gpus)
        .ok()?
        .flatten()
        .filter_map(|gpu| std::fs::read_to_string(gpu.path().join("information")).ok())
        .filter_map(|information| value(&information, "Model"))
        .collect();
    names.dedup();
    if names.len() == 1 { names.pop() } else { None }
}

fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
    let name = line.split_once(':')?.1.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(models: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (index, model) in models.iter().enumerate() {
            let gpu = dir.path().join(format!("0000:0{index}:00.0"));
            std::fs::create_dir(&gpu).unwrap();
            std::fs::write(gpu.join("information"), format!("Model: \t\t {model}\nIRQ: 5\n")).unwrap();
        }
        dir
    }

    #[test]
    fn equal_gpus_have_a_name_and_different_ones_do_not() {
        let name = |models: &[&str]| only_model(driver(models).path());
        assert_eq!(name(&["NVIDIA H100", "NVIDIA H100"]).as_deref(), Some("NVIDIA H100"));
        assert_eq!(name(&["NVIDIA H100", "NVIDIA L4"]), None);
        assert_eq!(name(&[]), None);
        assert_eq!(only_model(Path::new("/nowhere")), None);
    }

    #[test]
    fn a_key_is_matched_whole() {
        assert_eq!(value("model\t: 2\nmodel name\t: AMD EPYC\n", "model name").as_deref(), Some("AMD EPYC"));
        assert_eq!(value("model name\t:\n", "model name"), None);
    }
}
