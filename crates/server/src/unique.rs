//! Objects that name a field twice.
//!
//! Readers of JSON differ in which of the two they take. A proxy or a program in front of this service that takes the other
//! one would check something else than what is used here, so such a body is refused.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The path of the first field that is named twice in one object. `None` also for what is no JSON: who reads the document
/// tells that better.
pub(crate) fn duplicate(json: &[u8]) -> Option<String> {
    let mut walk = Walk::default();
    let mut reader = serde_json::Deserializer::from_slice(json);
    let _ = walk.deserialize(&mut reader);
    walk.found
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Option<String>,
}

impl<'de> DeserializeSeed<'de> for &mut Walk {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.path.push(key.clone());
            if !seen.insert(key) {
                self.found = Some(self.path.join("."));
                return Err(A::Error::custom("twice"));
            }
            map.next_value_seed(&mut *self)?;
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            self.path.push(index.to_string());
            if items.next_element_seed(&mut *self)?.is_none() {
                self.path.pop();
                break;
            }
            self.path.pop();
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        assert_eq!(duplicate(json.as_bytes()).as_deref(), expected, "{json}");
    }

    #[test]
    fn fields_named_twice_are_found_wherever_they_are() {
        check(r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#, None);
        check(r#"{"a":1,"b":2,"a":1}"#, Some("a"));
        check(r#"{"a":{"b":{"c":1,"c":2}}}"#, Some("a.b.c"));
        check(r#"[{"a":[{},{"b":1,"b":2}]}]"#, Some("0.a.1.b"));
        check(r#"{"a":1,"\u0061":2}"#, Some("a"));
        check(
            r#"{"customer":{"id":"c-1"},"customer":{"id":"c-2"}}"#,
            Some("customer"),
        );
        check(r#"{"a":null,"b":true,"c":-1.5e3,"d":"x"}"#, None);
        check("", None);
        check(r#"{"a":1,"a""#, Some("a"));
        check(&"[".repeat(100_000), None);
    }
}
