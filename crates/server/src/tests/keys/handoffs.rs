use super::*;

const HANDOFF: &str = r#"{"question":"Where is my parcel?","language":"en","method":"email","contact":{"email":"anna@example.org"}}"#;

async fn hand_off(guarded: &Guarded, bearer: &str, key: &str, body: &str) -> Reply {
    let key = [("idempotency-key", key)];
    call(
        &guarded.state,
        Method::POST,
        "/v1/escalations",
        Some(bearer),
        body,
        &key,
    )
    .await
}

fn id_of(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_handoff_is_seen_by_who_made_it() {
    let guarded = guarded().await;
    let anna = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    let anna_later = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    let bert = guarded.token(r#"{"customer":{"id":"c-20"}}"#).await;
    let nobody = guarded.token("{}").await;
    let stranger = async || {
        let session = call(&guarded.state, Method::GET, "/v1/session", None, "", &[]).await;
        session.json()["token"].as_str().unwrap().to_owned()
    };
    let [one, two] = [stranger().await, stranger().await];
    let (_, widget) = guarded.key(Scope::Widget, None);
    let of_anna = HANDOFF.replace("\"question\"", r#""customer":{"id":"c-19"},"question""#);
    let everyone = [
        &anna,
        &anna_later,
        &bert,
        &nobody,
        &one,
        &two,
        &widget,
        &guarded.widget,
    ];
    for (by, body, may_see) in [
        (&anna, HANDOFF, vec![&anna, &anna_later]),
        (&guarded.backend, &of_anna, vec![&anna, &anna_later]),
        (&guarded.backend, HANDOFF, vec![]),
        (&nobody, HANDOFF, vec![&nobody]),
        (&one, HANDOFF, vec![&one]),
        (&widget, HANDOFF, vec![&widget]),
    ] {
        let id = id_of(&hand_off(&guarded, by, "k", body).await);
        let path = format!("/v1/escalations/{id}");
        for reader in everyone {
            let reply = guarded.get(&path, reader).await;
            if may_see.contains(&reader) {
                assert_eq!(reply.json()["id"], id.as_str());
            } else {
                check(&reply, 404, "not_found");
                assert!(!reply.text.contains(&id), "{}", reply.text);
            }
        }
        for reader in [&guarded.backend, &guarded.admin] {
            assert_eq!(guarded.get(&path, reader).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn keys_of_requests_are_each_callers_own() {
    let guarded = guarded().await;
    let anna = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    let bert = guarded.token(r#"{"customer":{"id":"c-20"}}"#).await;
    let first = id_of(&hand_off(&guarded, &anna, "k-1", HANDOFF).await);
    let second =
        id_of(&hand_off(&guarded, &bert, "k-1", &HANDOFF.replace("parcel", "letter")).await);
    assert_ne!(first, second);
    assert_eq!(
        id_of(&hand_off(&guarded, &anna, "k-1", HANDOFF).await),
        first
    );
    let reused = hand_off(&guarded, &anna, "k-1", &HANDOFF.replace("parcel", "letter")).await;
    check(&reused, 422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_tokens_customer_and_subject_are_handed_over() {
    let guarded = guarded().await;
    let token = guarded
        .token(r#"{"customer":{"id":"c-19","signed_in":true},"subject":{"kind":"order","id":"o-77","facts":{"status":"delivered"}}}"#)
        .await;
    // A known customer needs no address.
    let body = r#"{"question":"Where is my parcel?","language":"en","method":"email","subject":{"id":"o-77"}}"#;
    let id = id_of(&hand_off(&guarded, &token, "k", body).await);
    let store = support::Store::open(guarded.dir.path()).await.unwrap();
    let packet = store.handoff(&id).await.unwrap().unwrap().packet;
    assert_eq!(packet.customer.unwrap().id.as_deref(), Some("c-19"));
    assert_eq!(packet.subject.unwrap()["facts"]["status"], "delivered");
}
