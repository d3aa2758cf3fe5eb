//! The words of a summary in the nine languages. Columns follow [`Language::ALL`]: en nl de fr es it pt pl zh.

use corpus::Language;

/// The fixed words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) topic: &'static str,
    pub(super) about: &'static str,
    pub(super) language: &'static str,
    pub(super) tried: &'static str,
    pub(super) nothing: &'static str,
    pub(super) not_helpful: &'static str,
    pub(super) only_quoted: &'static str,
    pub(super) not_settled: &'static str,
    /// Between a label and what it names.
    colon: &'static str,
    /// Between two topics.
    pub(super) comma: &'static str,
    /// Between an article and what became of it.
    dash: &'static str,
    pub(super) open: &'static str,
    pub(super) close: &'static str,
}

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        &WORDS[language.index()]
    }

    pub(super) fn line(&self, label: &str, value: &str) -> String {
        format!("{label}{}{value}", self.colon)
    }

    pub(super) fn with(&self, title: &str, what: &str) -> String {
        format!("{title}{}{what}", self.dash)
    }
}

const LATIN: Words = Words {
    topic: "",
    about: "",
    language: "",
    tried: "",
    nothing: "",
    not_helpful: "",
    only_quoted: "",
    not_settled: "",
    colon: ": ",
    comma: ", ",
    dash: " – ",
    open: " (",
    close: ")",
};

const WORDS: [Words; 9] = [
    Words {
        topic: "Topic",
        about: "About",
        language: "Customer writes in",
        tried: "Already shown",
        nothing: "no article",
        not_helpful: "the customer says it did not help",
        only_quoted: "only quoted, a person has to decide",
        not_settled: "the customer still asks for a person",
        ..LATIN
    },
    Words {
        topic: "Onderwerp",
        about: "Gaat over",
        language: "Klant schrijft in het",
        tried: "Al getoond",
        nothing: "geen artikel",
        not_helpful: "volgens de klant hielp dit niet",
        only_quoted: "alleen geciteerd, een medewerker moet beslissen",
        not_settled: "de klant vraagt toch om een medewerker",
        ..LATIN
    },
    Words {
        topic: "Thema",
        about: "Betrifft",
        language: "Sprache des Kunden",
        tried: "Bereits gezeigt",
        nothing: "kein Artikel",
        not_helpful: "hat laut Kunde nicht geholfen",
        only_quoted: "nur zitiert, ein Mitarbeiter muss entscheiden",
        not_settled: "der Kunde möchte trotzdem einen Mitarbeiter sprechen",
        ..LATIN
    },
    Words {
        topic: "Sujet",
        about: "Concerne",
        language: "Langue du client",
        tried: "Déjà montré",
        nothing: "aucun article",
        not_helpful: "d’après le client, cela n’a pas aidé",
        only_quoted: "seulement cité, un conseiller doit décider",
        not_settled: "le client demande tout de même un conseiller",
        colon: " : ",
        ..LATIN
    },
    Words {
        topic: "Tema",
        about: "Se trata de",
        language: "Idioma del cliente",
        tried: "Ya mostrado",
        nothing: "ningún artículo",
        not_helpful: "el cliente dice que no le ayudó",
        only_quoted: "solo citado, tiene que decidir un agente",
        not_settled: "el cliente sigue pidiendo hablar con un agente",
        ..LATIN
    },
    Words {
        topic: "Argomento",
        about: "Riguarda",
        language: "Lingua del cliente",
        tried: "Già mostrato",
        nothing: "nessun articolo",
        not_helpful: "il cliente dice che non è stato utile",
        only_quoted: "solo citato, deve decidere un operatore",
        not_settled: "il cliente chiede comunque un operatore",
        ..LATIN
    },
    Words {
        topic: "Assunto",
        about: "Diz respeito a",
        language: "Idioma do cliente",
        tried: "Já mostrado",
        nothing: "nenhum artigo",
        not_helpful: "o cliente diz que não ajudou",
        only_quoted: "apenas citado, tem de decidir um agente",
        not_settled: "o cliente pede mesmo assim um agente",
        ..LATIN
    },
    Words {
        topic: "Temat",
        about: "Dotyczy",
        language: "Język klienta",
        tried: "Pokazano już",
        nothing: "żadnego artykułu",
        not_helpful: "zdaniem klienta to nie pomogło",
        only_quoted: "tylko zacytowano, musi zdecydować konsultant",
        not_settled: "klient nadal prosi o kontakt z konsultantem",
        ..LATIN
    },
    Words {
        topic: "主题",
        about: "涉及",
        language: "客户使用的语言",
        tried: "已展示的文章",
        nothing: "无",
        not_helpful: "客户表示没有帮助",
        only_quoted: "仅作引用，须由客服人员决定",
        not_settled: "客户仍希望联系客服人员",
        colon: "：",
        comma: "、",
        dash: "，",
        open: "（",
        close: "）",
    },
];
