use super::{asked::Readings, *};

fn segment(passages: &[LexicalPassage<'_>]) -> SegmentFiles {
    let files = write(passages.iter().copied()).expect("written");
    files
        .into_iter()
        .map(|(name, bytes)| (name, OwnedBytes::new(bytes)))
        .collect()
}

fn open_in(segments: &[&[LexicalPassage<'_>]]) -> Lexical {
    let mut n_passages = [0; 9];
    for passage in segments.iter().copied().flatten() {
        n_passages[passage.language.index()] += 1;
    }
    let segments: Vec<SegmentFiles> = segments.iter().map(|own| segment(own)).collect();
    let segments: Vec<&SegmentFiles> = segments.iter().collect();
    Lexical::open(&segments, n_passages).expect("opened")
}

fn open(passages: &[LexicalPassage<'_>]) -> Lexical {
    open_in(&[passages])
}

fn passage(language: Language, title: &'static str, body: &'static str) -> LexicalPassage<'static> {
    LexicalPassage {
        language,
        title,
        headings: &[],
        body,
    }
}

fn ordinals(index: &Lexical, text: &str, language: Language) -> Vec<u32> {
    index
        .search(
            &index.ask(text, language, Readings::Lenient),
            language,
            &LexicalConfig::default(),
            10,
            &|_| true,
        )
        .expect("searched")
        .iter()
        .map(|hit| hit.passage.0)
        .collect()
}

#[test]
fn every_language_finds_inflected_words() {
    let bodies = [
        (
            Language::En,
            "You can cancel an order within a day.",
            "cancelled orders",
        ),
        (
            Language::Nl,
            "U kunt een bestelling binnen een dag annuleren.",
            "bestellingen geannuleerd",
        ),
        (
            Language::De,
            "Sie können eine Bestellung stornieren.",
            "Bestellungen storniert",
        ),
        (
            Language::Fr,
            "Vous pouvez annuler une commande.",
            "commandes annulées",
        ),
        (
            Language::Es,
            "Puede cancelar un pedido.",
            "pedidos cancelados",
        ),
        (
            Language::It,
            "Puoi annullare un ordine.",
            "ordini annullati",
        ),
        (
            Language::Pt,
            "Pode cancelar uma encomenda.",
            "encomendas canceladas",
        ),
        (
            Language::Pl,
            "Możesz anulować zamówienie.",
            "anulowanie zamówień",
        ),
        (Language::Zh, "您可以取消订单。", "怎么取消订单"),
    ];
    let passages: Vec<LexicalPassage<'_>> = bodies
        .iter()
        .flat_map(|(language, body, _)| {
            [passage(*language, "", body), passage(*language, "", "IBAN")]
        })
        .collect();
    let index = open(&passages);
    for (n, (language, _, query)) in (0_u32..).zip(bodies) {
        assert_eq!(
            ordinals(&index, query, language),
            [2 * n],
            "{language}: {query}"
        );
    }
}

#[test]
fn titles_count_more_than_bodies() {
    let index = open(&[
        passage(Language::En, "Shipping", "About a refund, briefly."),
        passage(Language::En, "Refund", "About shipping, briefly."),
    ]);
    assert_eq!(ordinals(&index, "refund", Language::En), [1, 0]);
}

#[test]
fn the_selection_comes_before_the_ranking() {
    let index = open(&[
        passage(Language::En, "refund", "refund refund refund"),
        passage(Language::En, "", "refund"),
    ]);
    let hits = index
        .search(
            &index.ask("refund", Language::En, Readings::Lenient),
            Language::En,
            &LexicalConfig::default(),
            1,
            &|passage| passage.0 == 1,
        )
        .expect("searched");
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].passage.0, 1);
}

#[test]
fn query_syntax_is_text() {
    let index = open(&[passage(Language::En, "", "pay +by card AND cheque")]);
    for query in [
        "+card -pay",
        "\"card",
        "body_en:card",
        "card~2",
        "(card",
        "card AND",
        "*",
    ] {
        let expected: &[u32] = if query == "*" { &[] } else { &[0] };
        assert_eq!(ordinals(&index, query, Language::En), expected, "{query}");
    }
}

#[test]
fn unknown_terms_are_the_rarest() {
    let index = open(&[
        passage(Language::En, "", "refund card"),
        passage(Language::En, "", "refund"),
        passage(Language::Nl, "", "kaart"),
    ]);
    let of = |term| index.inverse_document_frequency(term, Language::En);
    assert!(of("bitcoin") > of("card"));
    assert!(of("card") > of("refund"));
    assert!(of("refund") > 0.0);
}
