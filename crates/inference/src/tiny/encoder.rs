//! A tiny E5 encoder in the real packed format.
//!
//! Its weights are random, so what its vectors say of a text is little more than which pieces are in it; but
//! they are the same for the same seed, and loader, tokenizer and kernels are the real ones.

use std::io;
use std::path::{Path, PathBuf};

use half::f16;

use crate::encoder::{E5, E5Spec, from_memory};

const WIDTH: usize = 64;
const LAYERS: usize = 2;
const HEADS: usize = 2;
const INNER: usize = 128;
const POSITIONS: usize = 512;
const BLOCK: usize = 32;
/// Letters beyond ASCII of the languages the shipped models are meant for.
const LETTERS: &str = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßąćęłńóśźż¿¡«»„”“’–—€";
const CONTROL: [&str; 4] = ["<s>", "<pad>", "</s>", "<unk>"];

/// A random encoder; the same seed gives the same vectors. Vectors have length 64, texts at most 512 tokens.
///
/// # Panics
/// Never: the file it makes is loaded by a test for many seeds.
pub fn encoder(seed: u64) -> E5 {
    let name = file_name(seed);
    let id = format!("tiny-e5-{seed}@{seed:016x}");
    from_memory(&packed_file(seed), Path::new(&name), id, &encoder_spec())
        .expect("the reader accepts what this module writes")
}

/// What the catalogue would say of [`encoder`].
pub fn encoder_spec() -> E5Spec {
    E5Spec {
        query_prefix: "query: ".to_owned(),
        passage_prefix: "passage: ".to_owned(),
        max_tokens: POSITIONS,
    }
}

/// Writes the packed file of [`encoder`] into `dir` and returns its path, about 300 KB.
///
/// # Errors
/// Whatever keeps the file from being written.
pub fn encoder_file(dir: &Path, seed: u64) -> io::Result<PathBuf> {
    let path = dir.join(file_name(seed));
    fs_err::write(&path, packed_file(seed))?;
    Ok(path)
}

fn file_name(seed: u64) -> String {
    format!("tiny-e5-{seed}.bin")
}

/// Pieces with their scores: single characters, and pairs of letters with and without a space before them, so
/// that words are told apart by more than their letters.
pub(crate) fn pieces() -> Vec<(String, f32)> {
    let mut pieces: Vec<(String, f32)> = CONTROL
        .iter()
        .map(|control| ((*control).to_owned(), 0.0))
        .collect();
    pieces.push(("\u{2581}".to_owned(), -3.0));
    let mut characters: Vec<char> = ('!'..='~').chain(LETTERS.chars()).collect();
    characters.sort_unstable();
    characters.dedup();
    pieces.extend(characters.into_iter().map(|c| (c.to_string(), -6.0)));
    for first in 'a'..='z' {
        for second in 'a'..='z' {
            pieces.push((format!("{first}{second}"), -8.0));
        }
    }
    for first in 'a'..='z' {
        pieces.push((format!("\u{2581}{first}"), -7.0));
    }
    pieces
}

/// The bytes of the packed file.
pub(crate) fn packed_file(seed: u64) -> Vec<u8> {
    let pieces = pieces();
    let mut file = Vec::new();
    let number = |file: &mut Vec<u8>, value: usize| {
        let value = u32::try_from(value).expect("the sizes of this module are small");
        file.extend(value.to_le_bytes());
    };
    file.extend(b"E5S1");
    for value in [1, WIDTH, LAYERS, HEADS, INNER, pieces.len(), POSITIONS, 2] {
        number(&mut file, value);
    }
    file.extend(1e-12_f32.to_le_bytes());
    for value in [BLOCK, pieces.len(), 0, 2, 1, 3] {
        number(&mut file, value);
    }
    let text: String = pieces.iter().map(|(piece, _)| piece.as_str()).collect();
    file.extend((text.len() as u64).to_le_bytes());
    let mut bound = 0;
    number(&mut file, bound);
    for (piece, _) in &pieces {
        bound += piece.len();
        number(&mut file, bound);
    }
    for (_, score) in &pieces {
        file.extend(score.to_le_bytes());
    }
    file.extend(text.as_bytes());
    // White space to spaces, and capitals to small letters so that a start of a sentence is not another word.
    let map: Vec<(char, char)> = [('\t', ' '), ('\n', ' '), ('\r', ' ')]
        .into_iter()
        .chain(('A'..='Z').map(|capital| (capital, capital.to_ascii_lowercase())))
        .collect();
    number(&mut file, map.len());
    number(&mut file, map.len() * 9);
    for (from, to) in map {
        file.extend(u32::from(from).to_le_bytes());
        file.push(1);
        file.extend(u32::from(to).to_le_bytes());
    }
    let tensors = tensors(pieces.len(), seed);
    number(&mut file, tensors.len());
    let directory: usize = tensors
        .iter()
        .map(|tensor| 2 + tensor.name.len() + 1 + 4 + 8 + 8)
        .sum();
    let mut offset = file.len() + directory;
    for tensor in &tensors {
        let length = u16::try_from(tensor.name.len()).expect("the names of this module are short");
        file.extend(length.to_le_bytes());
        file.extend(tensor.name.as_bytes());
        file.push(u8::from(tensor.is_packed));
        number(&mut file, tensor.elements);
        file.extend((offset as u64).to_le_bytes());
        file.extend((tensor.bytes.len() as u64).to_le_bytes());
        offset += tensor.bytes.len();
    }
    for tensor in tensors {
        file.extend(tensor.bytes);
    }
    file
}

struct Tensor {
    name: String,
    is_packed: bool,
    elements: usize,
    bytes: Vec<u8>,
}

fn tensors(words: usize, seed: u64) -> Vec<Tensor> {
    let mut random = Random(seed);
    let mut tensors = vec![
        packed("emb.word", words * WIDTH, 1.0, &mut random),
        // Positions are weak, so that the order of words changes a vector and does not rule it.
        single("emb.pos", POSITIONS * WIDTH, 0.0, 0.1, &mut random),
        single("emb.type", 2 * WIDTH, 0.0, 0.1, &mut random),
    ];
    let norm = |tensors: &mut Vec<Tensor>, name: &str, random: &mut Random| {
        tensors.push(single(&format!("{name}.w"), WIDTH, 1.0, 0.1, random));
        tensors.push(single(&format!("{name}.b"), WIDTH, 0.0, 0.1, random));
    };
    norm(&mut tensors, "emb.ln", &mut random);
    for layer in 0..LAYERS {
        for (part, rows, columns) in [
            ("q", WIDTH, WIDTH),
            ("k", WIDTH, WIDTH),
            ("v", WIDTH, WIDTH),
            ("ao", WIDTH, WIDTH),
            ("fi", INNER, WIDTH),
            ("fo", WIDTH, INNER),
        ] {
            let name = format!("l{layer}.{part}");
            let spread = 1.0 / (columns as f32).sqrt();
            tensors.push(packed(
                &format!("{name}.w"),
                rows * columns,
                spread,
                &mut random,
            ));
            tensors.push(single(&format!("{name}.b"), rows, 0.0, 0.1, &mut random));
        }
        norm(&mut tensors, &format!("l{layer}.aln"), &mut random);
        norm(&mut tensors, &format!("l{layer}.oln"), &mut random);
    }
    tensors
}

/// Single-precision values around `centre`.
fn single(name: &str, elements: usize, centre: f32, spread: f32, random: &mut Random) -> Tensor {
    Tensor {
        name: name.to_owned(),
        is_packed: false,
        elements,
        bytes: (0..elements)
            .flat_map(|_| (centre + spread * random.signed()).to_le_bytes())
            .collect(),
    }
}

/// `Q4_0` blocks of values between `-spread` and `spread`.
fn packed(name: &str, elements: usize, spread: f32, random: &mut Random) -> Tensor {
    let mut bytes = Vec::new();
    for _ in 0..elements / BLOCK {
        let scale = f16::from_f32(spread / 8.0 * (0.75 + 0.25 * random.signed()));
        bytes.extend(scale.to_le_bytes());
        bytes.extend(random.next().to_le_bytes());
        bytes.extend(random.next().to_le_bytes());
    }
    Tensor {
        name: name.to_owned(),
        is_packed: true,
        elements,
        bytes,
    }
}

/// The tensors of the file in single precision, by their packed names, for tests of other formats.
#[cfg(test)]
pub(crate) fn full_tensors(seed: u64) -> Vec<(String, Vec<f32>)> {
    let full = |tensor: Tensor| {
        let values = if tensor.is_packed {
            let (blocks, _) = tensor.bytes.as_chunks::<18>();
            let value = |block: &[u8; 18], at: usize| {
                let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
                let byte = block[2 + at % 16];
                let nibble = if at < 16 { byte & 15 } else { byte >> 4 };
                scale * (f32::from(nibble) - 8.0)
            };
            let block = |block| (0..BLOCK).map(move |at| value(block, at));
            blocks.iter().flat_map(block).collect()
        } else {
            let (values, _) = tensor.bytes.as_chunks::<4>();
            values
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()
        };
        (tensor.name, values)
    };
    tensors(pieces().len(), seed)
        .into_iter()
        .map(full)
        .collect()
}

/// `SplitMix64` (Steele, Lea and Flood 2014): the same numbers on every machine and in every version.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between -1 and 1.
    fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::{Encoder, TextKind};

    #[test]
    fn a_seed_is_one_encoder() {
        for seed in [0, 1, 7, u64::MAX] {
            let (a, b, other) = (encoder(seed), encoder(seed), encoder(seed ^ 5));
            let texts = ["How do I reset my password?", "Wachtwoord vergeten", ""];
            let vectors = a.encode(&texts, TextKind::Query).unwrap();
            assert_eq!(vectors, b.encode(&texts, TextKind::Query).unwrap());
            assert_ne!(vectors, other.encode(&texts, TextKind::Query).unwrap());
            assert_eq!(a.id(), b.id());
            assert_ne!(a.id(), other.id());
        }
    }

    #[test]
    fn the_file_is_the_encoder() {
        let dir = tempfile::tempdir().unwrap();
        let path = encoder_file(dir.path(), 3).unwrap();
        let spec = encoder_spec();
        let read = crate::encoder::load_packed(&path, "x".to_owned(), &spec).unwrap();
        let texts = ["Change the plan of your workspace."];
        assert_eq!(
            read.encode(&texts, TextKind::Passage).unwrap(),
            encoder(3).encode(&texts, TextKind::Passage).unwrap()
        );
    }

    #[test]
    fn shared_words_show() {
        let encoder = encoder(1);
        let texts = [
            "reset your password in the settings",
            "your password can be reset in settings",
            "invoices are sent by mail every month",
        ];
        let vectors = encoder.encode(&texts, TextKind::Passage).unwrap();
        let cosine = |a: usize, b: usize| -> f32 {
            let pairs = vectors.row(a).iter().zip(vectors.row(b));
            pairs.map(|(x, y)| x * y).sum()
        };
        assert!(
            cosine(0, 1) > cosine(0, 2),
            "{} {}",
            cosine(0, 1),
            cosine(0, 2)
        );
    }
}
