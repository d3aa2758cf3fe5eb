//! Odd characters as an editor reads of them.

use crate::{
    Severity,
    tests::{assert_told, collection, shown},
};

use super::*;

#[track_caller]
fn check(body: &str, expected: &[(Severity, &str)]) {
    let text = format!("Plain text.\n\n{body}\n");
    assert_told(&findings(&collection(&[("en/a.md", &text)])), expected);
}

#[test]
fn the_unseen_is_told_with_code_points() {
    use Severity::{Error, Note, Warning};
    check(
        "Your pay\u{200B}ment and or\u{200B}der.",
        &[(
            Warning,
            "3:9 odd-unicode invisible characters inside words: U+200B in “Your pay⟨U+200B⟩ment and or⟨U+200B⟩der.”",
        )],
    );
    check(
        "Done.\u{200B}",
        &[(
            Note,
            "3:6 odd-unicode an invisible character: U+200B in “Done.⟨U+200B⟩”",
        )],
    );
    check(
        "Pay \u{202E}00.5\u{202C} euro",
        &[(
            Error,
            "3:5 odd-unicode characters that turn the direction of text: U+202E, U+202C in “Pay ⟨U+202E⟩00.5⟨U+202C⟩ \
             euro”",
        )],
    );
    check(
        "Hi\u{E0069}\u{E0067}\u{E006E}",
        &[(
            Error,
            "3:3 odd-unicode a text in characters nobody sees: U+E0069, U+E0067, U+E006E in \
             “Hi⟨U+E0069⟩⟨U+E0067⟩⟨U+E006E⟩”, which spells “ign”",
        )],
    );
    check(
        "a\u{8}b",
        &[(
            Warning,
            "3:2 odd-unicode a control character: U+0008 in “a⟨U+0008⟩b”",
        )],
    );
    check(
        "Caf\u{FFFD}",
        &[(
            Warning,
            "3:4 odd-unicode a character that was lost in conversion: U+FFFD in “Caf\u{FFFD}”",
        )],
    );
    check(
        "\u{E001} Menu",
        &[(
            Warning,
            "3:1 odd-unicode a character only some fonts can show: U+E001 in “⟨U+E001⟩ Menu”",
        )],
    );
    check(
        "x\u{378}",
        &[(
            Warning,
            "3:2 odd-unicode a code point without a character: U+0378 in “x\u{378}”",
        )],
    );
    check(
        "\u{1D5D9}ree",
        &[(
            Warning,
            "3:1 odd-unicode letters made for formulas: U+1D5D9 in “\u{1D5D9}ree”",
        )],
    );
    check(
        "a\u{300}\u{301}\u{302}\u{303}",
        &[(
            Warning,
            "3:5 odd-unicode piled-up accents: U+0303 in “a\u{300}\u{301}\u{302}\u{303}”",
        )],
    );
    check(
        "p\u{AD}a\u{AD}y",
        &[(
            Warning,
            "3:2 odd-unicode invisible characters inside words: U+00AD in “p⟨U+00AD⟩a⟨U+00AD⟩y”",
        )],
    );
    check(
        "Use \u{420}ayPal",
        &[(
            Warning,
            "3:5 odd-unicode the word `\u{420}ayPal` has the Cyrillic letter `\u{420}` (U+0420), which only looks like \
             a Latin one",
        )],
    );
}

#[test]
fn what_writing_needs_is_left_alone() {
    for text in [
        "10\u{a0}€, 5\u{202F}%, «\u{202F}oui\u{202F}», 3\u{2009}000",
        "Käufer\u{AD}schutz\u{AD}gebühr, rem\u{AD}bour\u{AD}se\u{AD}ment",
        "👩\u{200D}💻 ❤\u{FE0F}\u{200D}🔥 1\u{FE0F}\u{20E3} ☎\u{FE0E} 🏳\u{FE0F}\u{200D}🌈",
        "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
        "می\u{200C}خواهم \u{200F}شلوم",
        "e\u{301}te\u{301}, Việt, Ł, ß, Œ, 你好，世界。",
        "卖\u{E0100}家 10 kΩ, Русский",
        "→ ✓ № ™ “ ” … – 🫠 🪿",
        "\u{3000}全角 ＡＢＣ",
    ] {
        check(text, &[]);
    }
}

#[test]
fn a_byte_order_mark_may_open_a_file_only() {
    let files = [
        ("en/a.md", "\u{feff}# A\n\nText."),
        ("en/b.md", "# B\n\n\u{feff}Text."),
    ];
    assert_eq!(
        shown(&findings(&collection(&files))),
        ["en/b.md:3:1 odd-unicode an invisible character: U+FEFF in “⟨U+FEFF⟩Text.”"]
    );
}
