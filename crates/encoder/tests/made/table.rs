//! The parity table: what the tests print, what docs/parity.md keeps, and what may stand in it.

use std::fmt::Write;

use gpu_bridge_encoder::Dtype;

/// The element types of a cell's figures, in their order.
pub const DTYPES: [Dtype; 3] = [Dtype::Float32, Dtype::Float16, Dtype::BFloat16];

const INTRODUCTION: &str = "\
# Parity

How far the answers are from those of the Python references: hidden states from transformers, embeddings and reranking from
sentence-transformers 6.2, BERTScore from bert-score 0.3.13 on transformers 4.57 with slow tokenizers. Each figure is the
largest absolute difference in float32, float16 and bfloat16 on the CPU, over texts from none to more than the model takes.

The models are small and made by the tests: 3 layers, 32 wide, every weight and bias away from its initial value, so that a
term that is dropped shows. `goldens/architectures.py` lists them; a name with a hyphen behind the architecture's is a setting
that takes another path. Every run of the tests measures all of them anew, prints this table and fails beyond 1e-5 in
float32. `GPU_BRIDGE_WRITE_PARITY=1 cargo test -p gpu-bridge-encoder --test architectures` writes this file.
";

/// What the figures of a column are about and how large they may be, by element type.
pub struct Column {
    pub title: &'static str,
    pub bounds: [f32; 3],
}

/// One model's measurements, a cell a column.
pub struct Row {
    pub name: String,
    pub cells: Vec<Cell>,
}

/// Figures by element type, or why there are none.
pub enum Cell {
    Measured([f32; 3]),
    Absent(String),
}

/// The whole document.
pub fn render(columns: &[Column], rows: &[Row]) -> String {
    let mut notes = Vec::new();
    let mut lines = vec![header(columns), columns_rule(columns.len())];
    for row in rows {
        lines.push(
            std::iter::once(row.name.clone())
                .chain(row.cells.iter().map(|cell| text(cell, &mut notes)))
                .collect(),
        );
    }
    let mut document = format!("{INTRODUCTION}\n{}", aligned(&lines));
    for (index, note) in notes.iter().enumerate() {
        write!(document, "\n[^{}]: {note}\n", index + 1).unwrap();
    }
    document
}

/// Every figure beyond its bound, in words.
pub fn beyond(columns: &[Column], rows: &[Row]) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows {
        for (column, cell) in columns.iter().zip(&row.cells) {
            let Cell::Measured(figures) = cell else { continue };
            for ((dtype, figure), bound) in DTYPES.iter().zip(figures).zip(column.bounds) {
                if figure.is_nan() || *figure > bound {
                    found.push(format!(
                        "{}, {}, {dtype}: {figure:.1e} is beyond {bound:.0e}",
                        row.name, column.title
                    ));
                }
            }
        }
    }
    found
}

/// `document` without its figures and its spacing: equal for two tables that say the same about the same models.
pub fn outline(document: &str) -> Vec<&str> {
    let figure = |word: &str| word.contains('e') && word.parse::<f32>().is_ok();
    let rule = |word: &str| word.len() > 1 && word.chars().all(|c| c == '-');
    document
        .split_whitespace()
        .map(|word| {
            if figure(word) {
                "#"
            } else if rule(word) {
                "--"
            } else {
                word
            }
        })
        .collect()
}

fn header(columns: &[Column]) -> Vec<String> {
    std::iter::once("model").chain(columns.iter().map(|column| column.title)).map(str::to_owned).collect()
}

fn columns_rule(columns: usize) -> Vec<String> {
    vec![String::new(); columns + 1]
}

/// The figures of a cell, or the mark of a note, which may be another cell's too.
fn text(cell: &Cell, notes: &mut Vec<String>) -> String {
    match cell {
        Cell::Measured(figures) => figures.map(|figure| format!("{figure:.1e}")).join(" "),
        Cell::Absent(why) => {
            let known = notes.iter().position(|note| note == why);
            let index = known.unwrap_or_else(|| {
                notes.push(why.clone());
                notes.len() - 1
            });
            format!("- [^{}]", index + 1)
        }
    }
}

/// Rows of a Markdown table; an empty cell is part of the rule below the header.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let mut table = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            let (width, fill) = (width(column), if cell.is_empty() { '-' } else { ' ' });
            let padding: String = std::iter::repeat_n(fill, width - cell.chars().count()).collect();
            write!(table, "| {cell}{padding} ").unwrap();
        }
        table.push_str("|\n");
    }
    table
}
