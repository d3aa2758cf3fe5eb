use super::*;
use proptest::prelude::*;

fn list(entries: &[Entry], n_parts: usize) -> List {
    let part = |entries: &[Entry]| {
        let tops = entries.iter().map(|own| part_of(*own, &norms()));
        encode(tops.fold(0.0, f32::max), entries)
    };
    let size = entries.len().div_ceil(n_parts).max(1);
    let parts: Vec<Vec<u8>> = entries.chunks(size).map(part).collect();
    let n = u32::try_from(entries.len()).expect("few");
    List::read(&parts, n).expect("a list").expect("all of it")
}

fn norms() -> [f32; 256] {
    let mut norms = [0.0; 256];
    for (norm, length) in norms.iter_mut().zip(0..=u8::MAX) {
        *norm = 0.3 + f32::from(length) / 64.0;
    }
    norms
}

fn part_of(entry: Entry, norms: &[f32; 256]) -> f32 {
    let count = f32::from(entry.count);
    count / (count + norms[usize::from(entry.length)])
}

/// A list of the passages whose ordinals are so far apart.
fn entries(gaps: &[(u32, u16, u8)]) -> Vec<Entry> {
    let mut ordinal = 0;
    let entries = gaps.iter().map(|(gap, count, length)| {
        ordinal += gap + 1;
        Entry {
            ordinal,
            count: count + 1,
            length: *length,
        }
    });
    entries.collect()
}

#[test]
fn a_list_comes_back_whole_or_not_at_all() {
    let gaps: Vec<_> = (0..1_000).map(|n| (n * n % 70_000, 200, 7)).collect();
    let entries = entries(&gaps);
    let list = list(&entries, 3);
    let mut cursor = Cursor::new(&list);
    for entry in &entries {
        assert_eq!(cursor.at, *entry);
        cursor.advance();
    }
    assert_eq!(cursor.at.ordinal, END);
    for step in [2, 90, 333] {
        let mut cursor = Cursor::new(&list);
        for entry in entries.iter().step_by(step) {
            cursor.seek(entry.ordinal);
            assert_eq!(cursor.at, *entry);
            // Where it stands it stays.
            cursor.seek(entry.ordinal - 1);
            assert_eq!(cursor.at, *entry);
        }
    }
    let bytes = encode(1.0, &entries);
    assert!(List::read(std::slice::from_ref(&bytes), 999).is_ok_and(|list| list.is_none()));
    assert!(List::read(&[], 1_000).is_ok_and(|list| list.is_none()));
    for cut in [3, 9, bytes.len() - 1] {
        assert!(
            List::read(&[bytes[..cut].to_vec()], 1_000).is_err(),
            "{cut}"
        );
    }
    assert!(
        List::read(&[bytes.clone(), bytes], 2_000).is_err(),
        "not ascending"
    );
}

proptest! {
    #[test]
    fn the_best_are_those_that_looking_at_all_finds(
        lists in proptest::collection::vec(
            (
                proptest::collection::vec((0_u32..3_000, 0_u16..6, 0_u8..200), 1..400),
                0.01_f32..9.0,
            ),
            1..6,
        ),
        limit in 1_usize..40,
        every in 1_u32..4,
    ) {
        let norms = norms();
        let all: Vec<(Vec<Entry>, f32)> = lists
            .iter()
            .map(|(gaps, weight)| (entries(gaps), *weight))
            .collect();
        let read: Vec<List> = all.iter().map(|(entries, _)| list(entries, 2)).collect();
        let asked = || {
            let asked = read.iter().zip(&all).map(|(list, (_, weight))| Asked {
                list,
                weight: *weight,
                norms,
            });
            asked.collect::<Vec<_>>()
        };
        let is_selected = |passage: PassageOrdinal| passage.0.is_multiple_of(every);
        let mut scores: BTreeMap<u32, f32> = BTreeMap::new();
        for (entries, weight) in &all {
            for entry in entries.iter().filter(|own| is_selected(PassageOrdinal(own.ordinal))) {
                *scores.entry(entry.ordinal).or_default() += weight * part_of(*entry, &norms);
            }
        }
        let mut scores: Vec<f32> = scores.into_values().collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        scores.truncate(limit);
        // Sums in another order: the scores are compared, since passages may change places.
        let found = search(asked(), f32::MIN, limit, &is_selected);
        prop_assert_eq!(found.len(), scores.len());
        for (hit, score) in found.iter().zip(&scores) {
            prop_assert!((hit.score - score).abs() < 1e-3, "{} {}", hit.score, score);
            prop_assert!(is_selected(hit.passage));
        }
        // With what is known, nothing above it is missed.
        let known = scores.get(scores.len() / 2).copied().unwrap_or(1.0);
            let above = |hits: &[f32]| hits.iter().filter(|score| **score > known + 1e-3).count();
        let found: Vec<f32> = search(asked(), known, limit, &is_selected)
            .iter()
            .map(|hit| hit.score)
            .collect();
        prop_assert_eq!(above(&found), above(&scores));
    }
}
