//! What an outline tells the editor, in nine languages.

use corpus::Language;

/// The texts of one language.
#[derive(Debug)]
pub(super) struct Words {
    /// Under the title.
    pub(super) opening: &'static str,
    /// When there is an article to work on; `{article}` is its id.
    pub(super) existing: &'static str,
    /// Above other wordings; `{n}` is how many ask it.
    pub(super) asked: &'static str,
    steps: &'static str,
    figure: &'static str,
    choice: &'static str,
    open: &'static str,
    /// Last heading, and what stands under it.
    pub(super) exceptions: (&'static str, &'static str),
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        &WORDS[language.index()]
    }

    /// What to write for a question after this kind of answer.
    pub(super) fn for_form(&self, form: &str) -> &'static str {
        match form {
            "steps" => self.steps,
            "figure" => self.figure,
            "choice" => self.choice,
            _ => self.open,
        }
    }
}

/// `c` in the Latin alphabet without its accent; `None` when it has none.
pub(super) fn without_accent(c: char) -> Option<char> {
    const GROUPS: [(&str, char); 11] = [
        ("àáâãäåą", 'a'),
        ("çć", 'c'),
        ("èéêëę", 'e'),
        ("ìíîï", 'i'),
        ("łľ", 'l'),
        ("ñń", 'n'),
        ("òóôõöø", 'o'),
        ("śšß", 's'),
        ("ùúûü", 'u'),
        ("ýÿ", 'y'),
        ("źżž", 'z'),
    ];
    GROUPS
        .iter()
        .find(|(accented, _)| accented.contains(c))
        .map(|(_, plain)| *plain)
}

/// In the order of [`Language::ALL`].
static WORDS: [Words; 9] = [
    Words {
        opening: "Answer the question in the first sentence, in the words customers use. The rest of the article is for those who need more.",
        existing: "The article `{article}` is about this already: say it there, in these words, rather than in a second article.",
        asked: "Asked {n} times. Other wordings:",
        steps: "List the steps in order, one action each. Name buttons as they stand on the screen.",
        figure: "State the amount or the period, with its unit, from when it counts, and for whom.",
        choice: "Begin with yes or no. Then the conditions.",
        open: "State the rule in one sentence. Then the reason, if it helps to follow it.",
        exceptions: (
            "Exceptions",
            "For whom, where or when is it different? Delete this section if it never is.",
        ),
    },
    Words {
        opening: "Beantwoord de vraag in de eerste zin, in de woorden die klanten gebruiken. De rest van het artikel is voor wie meer wil weten.",
        existing: "Het artikel `{article}` gaat hier al over: zet het daar, in deze woorden, en niet in een tweede artikel.",
        asked: "{n} keer gevraagd. Andere bewoordingen:",
        steps: "Zet de stappen op volgorde, één handeling per stap. Noem knoppen zoals ze op het scherm staan.",
        figure: "Noem het bedrag of de termijn, met de eenheid, vanaf wanneer die telt en voor wie.",
        choice: "Begin met ja of nee. Daarna de voorwaarden.",
        open: "Geef de regel in één zin. Daarna de reden, als die helpt om de regel te volgen.",
        exceptions: (
            "Uitzonderingen",
            "Voor wie, waar of wanneer is het anders? Verwijder dit deel als dat nooit zo is.",
        ),
    },
    Words {
        opening: "Beantworten Sie die Frage im ersten Satz, mit den Wörtern, die Kunden verwenden. Der Rest des Artikels ist für alle, die mehr wissen müssen.",
        existing: "Der Artikel `{article}` behandelt das schon: Ergänzen Sie es dort, mit diesen Wörtern, statt einen zweiten Artikel zu schreiben.",
        asked: "{n}-mal gefragt. Andere Formulierungen:",
        steps: "Führen Sie die Schritte der Reihe nach auf, eine Handlung pro Schritt. Nennen Sie Schaltflächen so, wie sie auf dem Bildschirm stehen.",
        figure: "Nennen Sie den Betrag oder die Frist mit Einheit, ab wann sie zählt und für wen sie gilt.",
        choice: "Beginnen Sie mit Ja oder Nein. Danach die Bedingungen.",
        open: "Nennen Sie die Regel in einem Satz. Danach den Grund, wenn er hilft, sie zu befolgen.",
        exceptions: (
            "Ausnahmen",
            "Für wen, wo oder wann gilt etwas anderes? Löschen Sie diesen Abschnitt, wenn das nie der Fall ist.",
        ),
    },
    Words {
        opening: "Répondez à la question dès la première phrase, avec les mots des clients. Le reste de l’article est pour ceux qui ont besoin d’en savoir plus.",
        existing: "L’article `{article}` en parle déjà : complétez-le avec ces mots plutôt que d’en écrire un second.",
        asked: "Question posée {n} fois. Autres formulations :",
        steps: "Donnez les étapes dans l’ordre, une action par étape. Nommez les boutons comme ils figurent à l’écran.",
        figure: "Indiquez le montant ou le délai, avec son unité, à partir de quand il court et pour qui.",
        choice: "Commencez par oui ou non. Ensuite, les conditions.",
        open: "Énoncez la règle en une phrase. Ensuite la raison, si elle aide à la suivre.",
        exceptions: (
            "Exceptions",
            "Pour qui, où ou quand est-ce différent ? Supprimez cette section si ce n’est jamais le cas.",
        ),
    },
    Words {
        opening: "Responda a la pregunta en la primera frase, con las palabras que usan los clientes. El resto del artículo es para quien necesite más.",
        existing: "El artículo `{article}` ya trata de esto: añádalo ahí, con estas palabras, en lugar de escribir un segundo artículo.",
        asked: "Preguntado {n} veces. Otras formulaciones:",
        steps: "Enumere los pasos en orden, una acción por paso. Llame a los botones como aparecen en la pantalla.",
        figure: "Indique el importe o el plazo, con su unidad, desde cuándo cuenta y para quién.",
        choice: "Empiece por sí o no. Después, las condiciones.",
        open: "Enuncie la regla en una frase. Después, el motivo, si ayuda a cumplirla.",
        exceptions: (
            "Excepciones",
            "¿Para quién, dónde o cuándo es distinto? Borre esta sección si nunca lo es.",
        ),
    },
    Words {
        opening: "Rispondete alla domanda nella prima frase, con le parole dei clienti. Il resto dell’articolo è per chi ha bisogno di saperne di più.",
        existing: "L’articolo `{article}` ne parla già: aggiungetelo lì, con queste parole, invece di scriverne un secondo.",
        asked: "Domanda fatta {n} volte. Altre formulazioni:",
        steps: "Elencate i passaggi in ordine, un’azione per passaggio. Chiamate i pulsanti come compaiono sullo schermo.",
        figure: "Indicate l’importo o il termine, con l’unità, da quando decorre e per chi vale.",
        choice: "Cominciate con sì o no. Poi le condizioni.",
        open: "Enunciate la regola in una frase. Poi il motivo, se aiuta a seguirla.",
        exceptions: (
            "Eccezioni",
            "Per chi, dove o quando è diverso? Eliminate questa sezione se non lo è mai.",
        ),
    },
    Words {
        opening: "Responda à pergunta na primeira frase, com as palavras que os clientes usam. O resto do artigo é para quem precisa de saber mais.",
        existing: "O artigo `{article}` já trata disto: acrescente-o aí, com estas palavras, em vez de escrever um segundo artigo.",
        asked: "Perguntado {n} vezes. Outras formulações:",
        steps: "Indique os passos por ordem, uma ação por passo. Dê aos botões o nome que têm no ecrã.",
        figure: "Indique o valor ou o prazo, com a unidade, a partir de quando conta e para quem.",
        choice: "Comece por sim ou não. Depois, as condições.",
        open: "Enuncie a regra numa frase. Depois o motivo, se ajudar a cumpri-la.",
        exceptions: (
            "Exceções",
            "Para quem, onde ou quando é diferente? Apague esta secção se nunca for.",
        ),
    },
    Words {
        opening: "Odpowiedz na pytanie w pierwszym zdaniu, słowami klientów. Reszta artykułu jest dla tych, którzy potrzebują więcej.",
        existing: "Artykuł `{article}` już o tym mówi: uzupełnij go tymi słowami, zamiast pisać drugi.",
        asked: "Liczba pytań: {n}. Inne sformułowania:",
        steps: "Podaj kroki po kolei, jedna czynność w każdym. Nazywaj przyciski tak, jak na ekranie.",
        figure: "Podaj kwotę lub termin z jednostką, od kiedy się liczy i kogo dotyczy.",
        choice: "Zacznij od „tak” albo „nie”. Potem warunki.",
        open: "Podaj zasadę w jednym zdaniu. Potem powód, jeśli pomaga się do niej stosować.",
        exceptions: (
            "Wyjątki",
            "Dla kogo, gdzie lub kiedy jest inaczej? Usuń tę część, jeśli nigdy.",
        ),
    },
    Words {
        opening: "第一句话就回答问题，用客户自己的说法。文章其余部分留给需要了解更多的人。",
        existing: "文章 `{article}` 已经涉及此事：请用这些说法在那里补充，不要另写一篇。",
        asked: "被问过 {n} 次。其他问法：",
        steps: "按顺序列出步骤，每步一个操作。按钮名称与屏幕上一致。",
        figure: "写明金额或期限及其单位、从何时起算、适用于谁。",
        choice: "先写“可以”或“不可以”，再写条件。",
        open: "用一句话写明规则。如果有助于理解，再写原因。",
        exceptions: (
            "例外情况",
            "对谁、在哪里、何时有所不同？如果没有例外，请删除本节。",
        ),
    },
];
