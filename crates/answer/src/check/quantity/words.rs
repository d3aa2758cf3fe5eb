//! Units, numbers in words, months and days of the week, in nine languages.

use super::Unit;

pub(super) fn unit_word(word: &str) -> Option<Unit> {
    Some(match word {
        "percent" | "procent" | "prozent" | "pourcent" | "percento" => Unit::Percent,
        "second" | "seconds" | "seconden" | "seconde" | "secondes" | "sekunden" | "sekunde"
        | "segundos" | "segundo" | "secondi" | "sekund" | "sekundy" | "秒" => Unit::Second,
        "minute" | "minutes" | "minuten" | "minuut" | "minutos" | "minuto" | "minuti" | "minut"
        | "minuty" | "min" | "分" | "分钟" => Unit::Minute,
        "hour" | "hours" | "uur" | "uren" | "stunde" | "stunden" | "heure" | "heures" | "hora"
        | "horas" | "ora" | "ore" | "godzina" | "godziny" | "godzin" | "godzinę" | "godz" | "h"
        | "时" | "小时" => Unit::Hour,
        "day" | "days" | "dag" | "dagen" | "werkdag" | "werkdagen" | "tag" | "tage" | "tagen"
        | "werktag" | "werktage" | "werktagen" | "arbeitstage" | "arbeitstagen" | "jour"
        | "jours" | "día" | "días" | "dia" | "dias" | "giorno" | "giorni" | "dzień" | "dni"
        | "dnia" | "dniach" | "dniu" | "天" | "日" => Unit::Day,
        "week" | "weeks" | "weken" | "woche" | "wochen" | "semaine" | "semaines" | "semana"
        | "semanas" | "settimana" | "settimane" | "tydzień" | "tygodni" | "tygodnie"
        | "tygodnia" | "周" | "星" | "星期" => Unit::Week,
        "month" | "months" | "maand" | "maanden" | "monat" | "monate" | "monaten" | "mois"
        | "mes" | "meses" | "mese" | "mesi" | "mês" | "miesiąc" | "miesiące" | "miesięcy" => {
            Unit::Month
        }
        "year" | "years" | "jaar" | "jaren" | "jahr" | "jahre" | "jahren" | "an" | "ans"
        | "année" | "années" | "año" | "años" | "anno" | "anni" | "ano" | "anos" | "rok"
        | "lat" | "lata" | "roku" | "年" => Unit::Year,
        "kg" | "kilo" | "kilos" | "kilogram" | "公斤" | "千克" => Unit::Kilogram,
        "g" | "gram" | "grams" | "gramm" | "克" => Unit::Gram,
        "mm" | "毫米" => Unit::Millimetre,
        "m" | "metre" | "metres" | "meter" | "meters" | "mètres" | "metros" | "metri"
        | "metrów" | "米" => Unit::Metre,
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" | "kilomètres"
        | "kilómetros" | "chilometri" | "quilómetros" | "kilometrów" | "公里" | "千米" => {
            Unit::Kilometre
        }
        "mile" | "miles" | "mijl" | "meilen" | "millas" | "miglia" | "milhas" | "英里" => {
            Unit::Mile
        }
        "kb" | "kilobyte" | "kilobytes" => Unit::Kilobyte,
        "mb" | "megabyte" | "megabytes" => Unit::Megabyte,
        "gb" | "gigabyte" | "gigabytes" => Unit::Gigabyte,
        "tb" | "terabyte" | "terabytes" => Unit::Terabyte,
        "v" | "volt" | "volts" => Unit::Volt,
        "ampere" | "amperes" => Unit::Ampere,
        "厘米" | "公分" => Unit::Centimetre,
        "个月" => Unit::Month,
        "cm" | "centimetre" | "centimeter" | "centimètres" | "centímetros" | "centimetri" => {
            Unit::Centimetre
        }
        _ => return None,
    })
}

/// Two to twelve and the tens customers' deadlines use. One is left out: in most of the nine languages it is
/// the indefinite article.
pub(super) fn number_word(word: &str) -> Option<i64> {
    Some(match word {
        "two" | "twee" | "zwei" | "deux" | "dos" | "due" | "dois" | "duas" | "dwa" | "dwie"
        | "dwóch" | "两" | "二" => 2,
        "three" | "drie" | "drei" | "trois" | "tres" | "tre" | "três" | "trzy" | "trzech"
        | "三" => 3,
        "four" | "vier" | "quatre" | "cuatro" | "quattro" | "quatro" | "cztery" | "czterech"
        | "四" => 4,
        "five" | "vijf" | "fünf" | "cinq" | "cinco" | "cinque" | "pięć" | "pięciu" | "五" => 5,
        "six" | "zes" | "sechs" | "seis" | "sei" | "sześć" | "sześciu" | "六" => 6,
        "seven" | "zeven" | "sieben" | "sept" | "siete" | "sette" | "sete" | "siedem"
        | "siedmiu" | "七" => 7,
        "eight" | "acht" | "huit" | "ocho" | "otto" | "oito" | "osiem" | "ośmiu" | "八" => 8,
        "nine" | "negen" | "neun" | "neuf" | "nueve" | "nove" | "dziewięć" | "九" => 9,
        "ten" | "tien" | "zehn" | "dix" | "diez" | "dieci" | "dez" | "dziesięć" | "dziesięciu"
        | "十" => 10,
        "eleven" | "elf" | "onze" | "once" | "undici" | "jedenaście" => 11,
        "twelve" | "twaalf" | "zwölf" | "douze" | "doce" | "dodici" | "doze" | "dwanaście" => 12,
        "fourteen" | "veertien" | "vierzehn" | "quatorze" | "catorce" | "quattordici"
        | "catorze" | "czternaście" => 14,
        "fifteen" | "vijftien" | "fünfzehn" | "quinze" | "quince" | "quindici" | "piętnaście" => {
            15
        }
        "twenty" | "twintig" | "zwanzig" | "vingt" | "veinte" | "venti" | "vinte"
        | "dwadzieścia" => 20,
        "thirty" | "dertig" | "dreißig" | "trente" | "treinta" | "trenta" | "trinta"
        | "trzydzieści" => 30,
        "sixty" | "zestig" | "sechzig" | "soixante" | "sesenta" | "sessanta" | "sessenta"
        | "sześćdziesiąt" => 60,
        "ninety" | "negentig" | "neunzig" | "noventa" | "novanta" | "dziewięćdziesiąt" => 90,
        _ => return None,
    })
}

/// Months by name, January 1. Short forms that are also words (`mar`, `set`, `mai` is kept) are left out.
pub(super) fn month_name(word: &str) -> Option<i64> {
    const MONTHS: [&[&str]; 12] = [
        &[
            "january", "januari", "januar", "janvier", "enero", "gennaio", "janeiro", "styczeń",
            "stycznia",
        ],
        &[
            "february",
            "februari",
            "februar",
            "février",
            "febrero",
            "febbraio",
            "fevereiro",
            "luty",
            "lutego",
        ],
        &["maart", "märz", "marzo", "março", "marzec", "marca"],
        &["april", "avril", "abril", "aprile", "kwiecień", "kwietnia"],
        &["mei", "mayo", "maggio", "maio", "maj", "maja"],
        &[
            "june", "juni", "juin", "junio", "giugno", "junho", "czerwiec", "czerwca",
        ],
        &[
            "july", "juli", "juillet", "julio", "luglio", "julho", "lipiec", "lipca",
        ],
        &[
            "august",
            "augustus",
            "août",
            "agosto",
            "sierpień",
            "sierpnia",
        ],
        &[
            "september",
            "septembre",
            "septiembre",
            "settembre",
            "setembro",
            "wrzesień",
            "września",
        ],
        &[
            "october",
            "oktober",
            "octobre",
            "octubre",
            "ottobre",
            "outubro",
            "październik",
            "października",
        ],
        &[
            "november",
            "novembre",
            "noviembre",
            "novembro",
            "listopad",
            "listopada",
        ],
        &[
            "december",
            "dezember",
            "décembre",
            "diciembre",
            "dicembre",
            "dezembro",
            "grudzień",
            "grudnia",
        ],
    ];
    (1..)
        .zip(MONTHS)
        .find(|(_, names)| names.contains(&word))
        .map(|(month, _)| month)
}

/// Weekdays by name, Monday 1.
pub(super) fn weekday_name(word: &str) -> Option<i64> {
    const DAYS: [&[&str]; 7] = [
        &[
            "monday",
            "mon",
            "maandag",
            "ma",
            "montag",
            "lundi",
            "lunes",
            "lunedì",
            "poniedziałek",
            "poniedziałku",
        ],
        &[
            "tuesday", "tue", "dinsdag", "dienstag", "mardi", "martes", "martedì", "wtorek",
            "wtorku",
        ],
        &[
            "wednesday",
            "wed",
            "woensdag",
            "mittwoch",
            "mercredi",
            "miércoles",
            "mercoledì",
            "środa",
            "środę",
        ],
        &[
            "thursday",
            "thu",
            "donderdag",
            "donnerstag",
            "jeudi",
            "jueves",
            "giovedì",
            "czwartek",
            "czwartku",
        ],
        &[
            "friday", "fri", "vrijdag", "vr", "freitag", "vendredi", "viernes", "venerdì",
            "piątek", "piątku",
        ],
        &[
            "saturday", "sat", "zaterdag", "samstag", "samedi", "sábado", "sabato", "sobota",
            "sobotę",
        ],
        &[
            "sunday",
            "zondag",
            "sonntag",
            "dimanche",
            "domingo",
            "domenica",
            "niedziela",
            "niedzielę",
        ],
    ];
    (1..)
        .zip(DAYS)
        .find(|(_, names)| names.contains(&word))
        .map(|(day, _)| day)
}
