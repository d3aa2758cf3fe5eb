use super::*;

pub(super) fn question(text: &str, day: i32) -> Unanswered {
    Unanswered {
        day,
        why: "no_evidence".to_owned(),
        question: Some(text.to_owned()),
        topic: None,
        language: "nl".to_owned(),
        audience: Some("seller".to_owned()),
        region: None,
        confidence: 0.25,
        nearest: vec!["seller-payout".to_owned(), "seller-fees".to_owned()],
        generation: "g1".to_owned(),
        n: 1,
    }
}

pub(super) fn counted(topic: &str, day: i32) -> Unanswered {
    Unanswered {
        why: "sensitive_topic".to_owned(),
        question: None,
        topic: Some(topic.to_owned()),
        nearest: Vec::new(),
        audience: None,
        generation: String::new(),
        confidence: 0.0,
        ..question("", day)
    }
}

/// All bytes of the file and of what lies beside it.
fn bytes_of(dir: &Path) -> Vec<u8> {
    let files = fs_err::read_dir(dir.join("state")).expect("a folder");
    files
        .map(|file| fs_err::read(file.expect("an entry").path()).expect("a file"))
        .collect::<Vec<_>>()
        .concat()
}

fn holds(dir: &Path, text: &str) -> bool {
    bytes_of(dir)
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

both! { questions_come_back_as_they_were_stored }

async fn questions_come_back_as_they_were_stored(place: &Place) {
    let store = place.open().await;
    // The same question twice is asked twice; a topic is counted.
    let put = [
        question("Kan ik ruilen?", 100),
        question("Kan ik ruilen?", 100),
        counted("fraud", 100),
        counted("fraud", 100),
        counted("threats", 100),
    ];
    store.put_unanswered(&put).await.expect("stored");
    let read = store.unanswered(100).await.expect("read");
    let twice = Unanswered {
        n: 2,
        ..counted("fraud", 100)
    };
    assert_eq!(
        read,
        [put[0].clone(), put[1].clone(), twice, put[4].clone()]
    );
    assert_eq!(store.unanswered(101).await.expect("read"), []);
}

#[tokio::test]
async fn what_is_deleted_by_age_is_gone_from_the_disk() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).await.expect("a store");
    let put = [question("canary-old", 99), question("canary-new", 100)];
    store.put_unanswered(&put).await.expect("stored");
    assert!(holds(dir.path(), "canary-old"));
    assert_eq!(store.delete_unanswered(100).await.expect("deleted"), 1);
    assert!(!holds(dir.path(), "canary-old"));
    assert!(holds(dir.path(), "canary-new"));
    assert_eq!(store.delete_unanswered(100).await.expect("deleted"), 0);
}
