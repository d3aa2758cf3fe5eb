//! Values as people of each language write them.
//!
//! Separators, currency places and month names follow CLDR 46 and, where it leaves room, the sample help center
//! (`€ 10.000` in Dutch, `10.000 €` in Spanish). All of it fits in a few tables, which is why there is no locale
//! library behind it.

use corpus::Language;
use jiff::civil::{Date, DateTime};

use super::{
    status,
    value::{Amount, Decimal, Moment, Value},
};

/// Keeps the digits of one number on one line.
const NARROW: char = '\u{A0}';

/// Any value: a state by its name in `language`, a text as it is.
pub fn value(value: &Value, language: Language) -> String {
    match value {
        Value::Amount(own) => amount(own, language),
        Value::Date(own) => date(*own, language),
        Value::Moment(own) => moment(own, language),
        Value::Number(own) => decimal(own, 0, language),
        Value::Boolean(own) => yes_or_no(*own, language).to_owned(),
        Value::Code(code) => {
            status::named(code, language).map_or_else(|| code.clone(), str::to_owned)
        }
        Value::Text(text) => text.clone(),
    }
}

/// `1.250,00`: with at least `n_decimals` digits behind the separator.
pub fn decimal(value: &Decimal, n_decimals: usize, language: Language) -> String {
    let (group, point, shortest) = match language {
        Language::En | Language::Zh => (',', '.', 4),
        Language::Nl | Language::De | Language::Es | Language::It => ('.', ',', 4),
        Language::Fr | Language::Pl => (NARROW, ',', 4),
        // In Portugal four digits stay together.
        Language::Pt => (NARROW, ',', 5),
    };
    let mut text = String::new();
    if value.negative {
        text.push('-');
    }
    let n_digits = value.whole.len();
    for (index, digit) in value.whole.chars().enumerate() {
        if index > 0 && (n_digits - index).is_multiple_of(3) && n_digits >= shortest {
            text.push(group);
        }
        text.push(digit);
    }
    if !value.fraction.is_empty() || n_decimals > 0 {
        text.push(point);
        text.push_str(&value.fraction);
        for _ in value.fraction.len()..n_decimals {
            text.push('0');
        }
    }
    text
}

/// `€ 1.250,00`.
pub fn amount(amount: &Amount, language: Language) -> String {
    let n_decimals = match amount.currency.as_str() {
        // ISO 4217 knows no minor unit of these.
        "JPY" | "KRW" | "CLP" | "ISK" | "VND" => 0,
        _ => 2,
    };
    let number = decimal(&amount.value, n_decimals, language);
    let symbol = symbol(&amount.currency, language);
    match language {
        Language::En | Language::Zh => {
            let (sign, digits) = match number.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", &*number),
            };
            if symbol.ends_with(|c: char| c.is_alphabetic()) {
                format!("{sign}{symbol} {digits}")
            } else {
                format!("{sign}{symbol}{digits}")
            }
        }
        Language::Nl => format!("{symbol} {number}"),
        _ => format!("{number} {symbol}"),
    }
}

fn symbol(currency: &str, language: Language) -> &str {
    match (currency, language) {
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("USD", Language::En | Language::De) => "$",
        ("USD", Language::Pl) => "USD",
        ("USD", Language::Fr) => "$US",
        ("USD", _) => "US$",
        ("PLN", Language::Pl) => "zł",
        ("CNY", Language::Zh) | ("JPY", Language::En | Language::De) => "¥",
        (other, _) => other,
    }
}

const MONTHS: [[&str; 12]; 8] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ],
];

/// `25 november 2026`.
pub fn date(date: Date, language: Language) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let Some(months) = MONTHS.get(language.index()) else {
        return format!("{year}年{month}月{day}日");
    };
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|index| months.get(index))
        .copied()
        .unwrap_or_default();
    match (language, day) {
        (Language::De, _) => format!("{day}. {name} {year}"),
        (Language::Fr, 1) => format!("1er {name} {year}"),
        (Language::It, 1) => format!("1º {name} {year}"),
        (Language::Es | Language::Pt, _) => format!("{day} de {name} de {year}"),
        _ => format!("{day} {name} {year}"),
    }
}

/// A time of day behind its date: ` om 18:00 uur (UTC+1)`.
fn time(civil: DateTime, zone: Option<&str>, language: Language) -> String {
    let clock = format!("{:02}:{:02}", civil.hour(), civil.minute());
    let short = format!("{}:{:02}", civil.hour(), civil.minute());
    let at = match language {
        Language::En => format!(" at {clock}"),
        Language::Nl => format!(" om {clock} uur"),
        Language::De => format!(" um {clock} Uhr"),
        Language::Fr => format!(" à {clock}"),
        Language::Es if civil.hour() == 1 => format!(" a la {short}"),
        Language::Es => format!(" a las {short}"),
        Language::It if civil.hour() == 1 => format!(" all’{short}"),
        Language::It => format!(" alle {short}"),
        Language::Pt if civil.hour() <= 1 => format!(" à {short}"),
        Language::Pt => format!(" às {short}"),
        Language::Pl => format!(" o godz. {short}"),
        Language::Zh => clock,
    };
    match (zone, language) {
        (None, _) => at,
        (Some(zone), Language::Zh) => format!("{at}（{zone}）"),
        (Some(zone), _) => format!("{at} ({zone})"),
    }
}

/// A day, or a day with its time and zone: `25 november 2026 om 18:00 uur (UTC+1)`.
pub fn moment(moment: &Moment, language: Language) -> String {
    date(moment.civil.date(), language) + &time(moment.civil, moment.zone.as_deref(), language)
}

/// The word that goes before a date in a sentence, with the space behind it: `op `, `le `, `l’`.
pub fn before_date(date: Date, language: Language) -> &'static str {
    match language {
        Language::En => "on ",
        Language::Nl => "op ",
        Language::De => "am ",
        Language::Fr => "le ",
        Language::Es => "el ",
        Language::It if matches!(date.day(), 8 | 11) => "l’",
        Language::It => "il ",
        Language::Pt => "em ",
        Language::Pl | Language::Zh => "",
    }
}

/// Today, tomorrow, yesterday; `{}` days ahead and `{}` days ago, from two on.
const DAYS: [[&str; 5]; 9] = [
    [
        "today",
        "tomorrow",
        "yesterday",
        "in {} days",
        "{} days ago",
    ],
    [
        "vandaag",
        "morgen",
        "gisteren",
        "over {} dagen",
        "{} dagen geleden",
    ],
    ["heute", "morgen", "gestern", "in {} Tagen", "vor {} Tagen"],
    [
        "aujourd’hui",
        "demain",
        "hier",
        "dans {} jours",
        "il y a {} jours",
    ],
    ["hoy", "mañana", "ayer", "dentro de {} días", "hace {} días"],
    ["oggi", "domani", "ieri", "tra {} giorni", "{} giorni fa"],
    ["hoje", "amanhã", "ontem", "dentro de {} dias", "há {} dias"],
    ["dzisiaj", "jutro", "wczoraj", "za {} dni", "{} dni temu"],
    ["今天", "明天", "昨天", "还有{}天", "{}天前"],
];

/// How far a day lies from today: `over 3 dagen`, `vandaag`, `2 dagen geleden`. `days` is negative for the past.
pub fn days_away(days: i32, language: Language) -> String {
    let [today, tomorrow, yesterday, ahead, ago] = DAYS[language.index()];
    let text = match days {
        0 => today,
        1 => tomorrow,
        -1 => yesterday,
        2.. => ahead,
        _ => ago,
    };
    text.replace("{}", &days.unsigned_abs().to_string())
}

/// Somebody else's words inside a sentence of ours.
pub fn quoted(text: &str, language: Language) -> String {
    match language {
        Language::Nl => format!("‘{text}’"),
        Language::De => format!("„{text}“"),
        Language::Fr => format!("«\u{A0}{text}\u{A0}»"),
        Language::Es | Language::It | Language::Pt => format!("«{text}»"),
        Language::Pl => format!("„{text}”"),
        Language::En | Language::Zh => format!("“{text}”"),
    }
}

/// `no` and `yes`.
const NO_AND_YES: [[&str; 2]; 9] = [
    ["no", "yes"],
    ["nee", "ja"],
    ["nein", "ja"],
    ["non", "oui"],
    ["no", "sí"],
    ["no", "sì"],
    ["não", "sim"],
    ["nie", "tak"],
    ["否", "是"],
];

/// `yes` or `no`.
pub const fn yes_or_no(value: bool, language: Language) -> &'static str {
    NO_AND_YES[language.index()][value as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Value;

    #[track_caller]
    fn check(text: &str, language: Language, expected: &str) {
        let shown = match Value::of_text(text).expect("a value") {
            Value::Amount(value) => amount(&value, language),
            Value::Date(value) => date(value, language),
            Value::Moment(value) => moment(&value, language),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn amounts() {
        check("1250.00 EUR", Language::En, "€1,250.00");
        check("1250.00 EUR", Language::Nl, "€ 1.250,00");
        check("1250.00 EUR", Language::De, "1.250,00 €");
        check("1250.00 EUR", Language::Fr, "1\u{A0}250,00 €");
        check("1250.00 EUR", Language::Es, "1.250,00 €");
        check("1250.00 EUR", Language::It, "1.250,00 €");
        check("1250.00 EUR", Language::Pt, "1250,00 €");
        check("12500.00 EUR", Language::Pt, "12\u{A0}500,00 €");
        check("1250.00 PLN", Language::Pl, "1\u{A0}250,00 zł");
        check("1250.00 EUR", Language::Zh, "€1,250.00");
        check("1250 CNY", Language::Zh, "¥1,250.00");
        check("EUR 0.5", Language::En, "€0.50");
        check("-20 EUR", Language::En, "-€20.00");
        check("-20 EUR", Language::Nl, "€ -20,00");
        check("1234567 JPY", Language::En, "¥1,234,567");
        check("99.90 CHF", Language::En, "CHF 99.90");
        check("99,90 CHF", Language::De, "99,90 CHF");
        check("99.90 USD", Language::Pl, "99,90 USD");
    }

    #[test]
    fn dates() {
        check("2026-11-25", Language::En, "25 November 2026");
        check("2026-11-25", Language::Nl, "25 november 2026");
        check("2026-11-25", Language::De, "25. November 2026");
        check("2026-11-25", Language::Fr, "25 novembre 2026");
        check("2026-12-01", Language::Fr, "1er décembre 2026");
        check("2026-11-25", Language::Es, "25 de noviembre de 2026");
        check("2026-11-25", Language::It, "25 novembre 2026");
        check("2026-11-25", Language::Pt, "25 de novembro de 2026");
        check("2026-11-25", Language::Pl, "25 listopada 2026");
        check("2026-11-25", Language::Zh, "2026年11月25日");
        check("2024-02-29", Language::Nl, "29 februari 2024");
    }

    #[test]
    fn times_keep_the_zone_they_were_given_in() {
        let text = "2026-11-25T18:00:00+01:00";
        check(text, Language::En, "25 November 2026 at 18:00 (UTC+1)");
        check(text, Language::Nl, "25 november 2026 om 18:00 uur (UTC+1)");
        check(text, Language::De, "25. November 2026 um 18:00 Uhr (UTC+1)");
        check(text, Language::Fr, "25 novembre 2026 à 18:00 (UTC+1)");
        check(
            text,
            Language::Es,
            "25 de noviembre de 2026 a las 18:00 (UTC+1)",
        );
        check(text, Language::It, "25 novembre 2026 alle 18:00 (UTC+1)");
        check(
            text,
            Language::Pt,
            "25 de novembro de 2026 às 18:00 (UTC+1)",
        );
        check(
            text,
            Language::Pl,
            "25 listopada 2026 o godz. 18:00 (UTC+1)",
        );
        check(text, Language::Zh, "2026年11月25日18:00（UTC+1）");
        check(
            "2026-11-25T01:05:00Z",
            Language::Es,
            "25 de noviembre de 2026 a la 1:05 (UTC)",
        );
        check(
            "2026-11-25T18:00",
            Language::En,
            "25 November 2026 at 18:00",
        );
        check(
            "2026-11-25T18:00-03:30",
            Language::En,
            "25 November 2026 at 18:00 (UTC-3:30)",
        );
        check(
            "2026-11-25T18:00+01:00[Europe/Amsterdam]",
            Language::En,
            "25 November 2026 at 18:00 (CET)",
        );
    }

    #[test]
    fn distances() {
        for (days, expected) in [
            (0, "dzisiaj"),
            (1, "jutro"),
            (3, "za 3 dni"),
            (-5, "5 dni temu"),
        ] {
            assert_eq!(days_away(days, Language::Pl), expected);
        }
        assert_eq!(days_away(-1, Language::De), "gestern");
        assert_eq!(days_away(3, Language::Zh), "还有3天");
    }

    #[test]
    fn italian_dates_elide() {
        for (day, expected) in [(8, "l’"), (11, "l’"), (1, "il "), (25, "il ")] {
            assert_eq!(
                before_date(Date::constant(2026, 11, day), Language::It),
                expected
            );
        }
    }
}
