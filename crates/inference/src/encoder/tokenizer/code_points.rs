//! Normalisation by a map from code points to code points.

use tokenizers::{NormalizedString, Normalizer};

/// Replaces code points by others (none, one or several), then leaves one of each run of spaces.
#[derive(Debug, Clone, Default)]
pub(in crate::encoder) struct CodePointMap {
    /// Ascending; each with the start of its replacement, which ends where the next one starts.
    entries: Vec<(char, u32)>,
    replacements: Vec<char>,
}

impl CodePointMap {
    /// Adds an entry. Entries have to come in ascending order; `false` says this one did not.
    pub(in crate::encoder) fn push(
        &mut self,
        from: char,
        to: impl IntoIterator<Item = char>,
    ) -> bool {
        if self.entries.last().is_some_and(|(last, _)| *last >= from) {
            return false;
        }
        let Ok(start) = u32::try_from(self.replacements.len()) else {
            return false;
        };
        self.entries.push((from, start));
        self.replacements.extend(to);
        true
    }

    /// What `character` becomes, or `None` when it stays.
    fn replacement(&self, character: char) -> Option<&[char]> {
        let index = self
            .entries
            .binary_search_by_key(&character, |(from, _)| *from)
            .ok()?;
        let start = self.entries[index].1 as usize;
        let end = self
            .entries
            .get(index + 1)
            .map_or(self.replacements.len(), |(_, start)| *start as usize);
        self.replacements.get(start..end)
    }
}

impl Normalizer for CodePointMap {
    fn normalize(&self, text: &mut NormalizedString) -> tokenizers::Result<()> {
        // The library's form of an edit: a character and 1 when it is new, 0 when it replaces the next
        // original one, -n when it replaces that and the n after it are gone.
        let mut edits: Vec<(char, isize)> = Vec::with_capacity(text.len());
        let mut dropped_first = 0;
        let mut changed = false;
        for character in text.get().chars() {
            let own = [character];
            let replacement = self.replacement(character);
            changed |= replacement.is_some();
            let mut change = 0;
            for new in replacement.unwrap_or(&own) {
                if *new == ' ' && edits.last().is_some_and(|(last, _)| *last == ' ') {
                    continue;
                }
                edits.push((*new, change));
                change = 1;
            }
            if change == 0 {
                changed = true;
                match edits.last_mut() {
                    Some((_, change)) => *change -= 1,
                    None => dropped_first += 1,
                }
            }
        }
        if changed {
            text.transform(edits, dropped_first);
        }
        Ok(())
    }
}
