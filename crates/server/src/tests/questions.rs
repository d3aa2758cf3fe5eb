use std::time::Duration;

use support::{Store, Unanswered};

use super::*;

/// What the store holds as soon as it `is_there`, since it is written beside the reply; what it holds after ten seconds
/// if it never is.
async fn held(store: &Store, is_there: impl Fn(&[Unanswered]) -> bool) -> Vec<Unanswered> {
    let started = std::time::Instant::now();
    loop {
        let found = store.unanswered(0).await.unwrap();
        if is_there(&found) || started.elapsed() > Duration::from_secs(10) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The questions of the store once there are `n`.
async fn kept(store: &Store, n: usize) -> Vec<Unanswered> {
    held(store, |found| found.len() >= n).await
}

/// A service that is never sure, and its store.
async fn unsure(dir: &std::path::Path, days: u32) -> (AppState, Store) {
    let config = AnswerConfig {
        min_confidence: Probability::try_from(1.0).unwrap(),
        ..AnswerConfig::default()
    };
    let encoder = Arc::new(inference::tiny::encoder(7));
    let engine = Engine::new(Arc::clone(ENGINE.snapshot()), encoder, None, config).unwrap();
    service(dir, Arc::new(engine), days).await
}

async fn service(dir: &std::path::Path, engine: Arc<Engine>, days: u32) -> (AppState, Store) {
    let store = Store::open(dir).await.unwrap();
    let mut support = support::SupportConfig::default();
    support.store.questions_days = days;
    let loader = TestLoader::new(Some(engine));
    let state = AppState::new(ServerConfig::default(), support, loader);
    state.reload().await.unwrap();
    state.keep_in(&store);
    (state, store)
}

fn bytes_of(dir: &std::path::Path) -> Vec<u8> {
    let files = fs_err::read_dir(dir.join("state")).unwrap();
    let files = files
        .map(|file| file.unwrap().path())
        .filter(|path| !path.ends_with("reserve"));
    files.flat_map(|path| fs_err::read(path).unwrap()).collect()
}

#[tokio::test]
async fn an_escalated_question_is_kept_without_who_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (state, store) = unsure(dir.path(), 90).await;
    let body = r#"{"question":"Where is my parcel zq0012canaryqz? I am Janneke, janneke@canary.example, +31 6 1234 5678, order ORD-7781, customer cus-canary","language":"en","audience":"seller","region":"NL",
        "conversation":[{"role":"user","text":"canary-conversation"}],
        "customer":{"id":"cus-canary"},
        "subject":{"kind":"order","id":"ORD-7781","label":"canary-label","facts":{"to":"Janneke Jansen","canary-key":"canary-fact"}}}"#;
    let reply = post(&state, "/v1/answers", body).await.json();
    assert_eq!(reply["reason"], "no_evidence", "{reply}");
    let kept = kept(&store, 1).await;
    let [one] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(
        one.question.as_deref(),
        Some(
            "Where is my parcel [number]? I am [known], [email], [phone], order [known], customer [known]"
        )
    );
    assert_eq!((&*one.why, &*one.language), ("no_evidence", "en"));
    assert_eq!(
        (one.audience.as_deref(), one.region.as_deref()),
        (Some("seller"), Some("NL"))
    );
    assert_eq!(one.generation, ENGINE.snapshot().generation());
    assert_eq!(one.nearest.len(), 2, "{one:?}");
    store.close().await;
    let bytes = bytes_of(dir.path());
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("Where is my parcel"));
    for secret in ["canary", "Janneke", "ORD-7781", "1234"] {
        assert!(!holds(secret), "{secret} was stored");
    }
}

#[tokio::test]
async fn what_a_person_decides_on_is_counted_without_a_text() {
    let dir = tempfile::tempdir().unwrap();
    let (state, store) = unsure(dir.path(), 90).await;
    for question in [
        "The buyer threatens me, canary",
        "He threatens me again, canary",
        "let me talk to a human please",
    ] {
        let body = serde_json::json!({"question": question, "language": "en"}).to_string();
        post(&state, "/v1/answers", &body).await;
    }
    // The last one is written behind the others.
    let n_told = |found: &[Unanswered]| found.iter().map(|one| one.n).sum::<u32>();
    let found = held(&store, |found| n_told(found) == 3).await;
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            (
                &*one.why,
                one.topic.as_deref(),
                one.question.as_deref(),
                one.n,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("sensitive_topic", Some("threats"), None, 2),
            ("requested", None, None, 1)
        ]
    );
}

#[tokio::test]
async fn an_answered_question_is_written_when_it_did_not_help() {
    let dir = tempfile::tempdir().unwrap();
    let (state, store) = service(dir.path(), Arc::clone(&ENGINE), 90).await;
    let ask = r#"{"question":"When do I get my money? canary","language":"en","audience":"seller","mode":"extractive"}"#;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let reply = post(&state, "/v1/answers", ask).await.json();
        assert_eq!(reply["outcome"], "answered", "{reply}");
        ids.push(reply["id"].as_str().unwrap().to_owned());
    }
    assert!(
        !bytes_of(dir.path())
            .windows(6)
            .any(|window| window == b"canary")
    );
    let judge = async |id: &str, helpful: bool| {
        let body = serde_json::json!({"answer_id": id, "helpful": helpful}).to_string();
        let reply = post(&state, "/v1/feedback", &body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    };
    judge(&ids[0], true).await;
    judge(&ids[1], false).await;
    // A second judgment, and one of an answer nobody gave, write nothing.
    judge(&ids[1], false).await;
    judge("ans_unknown", false).await;
    let kept = kept(&store, 1).await;
    let [one] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(one.why, "not_helpful");
    assert_eq!(
        one.question.as_deref(),
        Some("When do I get my money? canary")
    );
    assert_eq!(one.nearest[0], "seller-payout");
}

#[tokio::test]
async fn with_no_days_nothing_is_kept_and_what_was_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (state, store) = unsure(dir.path(), 90).await;
    let ask = r#"{"question":"Where is it?","language":"en"}"#;
    post(&state, "/v1/answers", ask).await;
    assert_eq!(kept(&store, 1).await.len(), 1);
    drop(state);
    let (state, store) = unsure(dir.path(), 0).await;
    held(&store, <[_]>::is_empty).await;
    post(&state, "/v1/answers", ask).await;
    assert_eq!(store.unanswered(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_store_that_takes_nothing_costs_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (state, store) = unsure(dir.path(), 90).await;
    store.close().await;
    let reply = post(
        &state,
        "/v1/answers",
        r#"{"question":"Where is it?","language":"en"}"#,
    )
    .await;
    assert_eq!(reply.json()["reason"], "no_evidence");
}
