use super::*;

#[tokio::test]
async fn an_article_is_its_file_with_what_is_known_of_it() {
    let state = loaded().await;
    let reply = get(&state, "/v1/articles/seller-payout").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header(header::CONTENT_LANGUAGE), "en");
    let body = reply.json();
    assert_eq!(body["id"], "seller-payout");
    assert_eq!(body["markdown"], FILES[0].1);
    assert_eq!(body["title"], "When do I get my money?");
    assert_eq!(body["url"], "https://help.example/payout");
    assert_eq!(body["languages"], serde_json::json!(["en", "nl"]));
    assert_eq!(body["generation"], ENGINE.snapshot().generation());

    let dutch = get(&state, "/v1/articles/seller-payout?language=nl")
        .await
        .json();
    assert_eq!(dutch["title"], "Wanneer krijg ik mijn geld?");
    let nested = get(&state, "/v1/articles/fees/buyers").await.json();
    assert_eq!(nested["id"], "fees/buyers");
    let escaped = get(&state, "/v1/articles/fees%2Fbuyers").await.json();
    assert_eq!(escaped["id"], "fees/buyers");
}

async fn with_tag(state: &AppState, path: &str, tag: &str) -> Reply {
    let request = Request::get(path)
        .header(header::IF_NONE_MATCH, tag)
        .body(Body::empty())
        .unwrap();
    send(state, request).await
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let state = loaded().await;
    let path = "/v1/articles/seller-payout";
    let tag = get(&state, path).await.header(header::ETAG).to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let reply = with_tag(&state, path, &known).await;
        assert_eq!(reply.status, StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(reply.header(header::ETAG), tag);
        assert_eq!(reply.text, "");
    }
    assert_eq!(
        with_tag(&state, path, "\"other\"").await.status,
        StatusCode::OK
    );
    let dutch = with_tag(&state, "/v1/articles/seller-payout?language=nl", &tag).await;
    assert_eq!(dutch.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let state = loaded().await;
    for (path, words) in [
        ("/v1/articles/nothing", "no article `nothing`"),
        ("/v1/articles/a%20b", "no article"),
        ("/v1/articles/..%2Fsecret", "no article"),
        // Outside its days it is not visible.
        ("/v1/articles/old-fees", "no article"),
        ("/v1/articles/seller-payout?language=pl", "only in en, nl"),
    ] {
        let reply = get(&state, path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words), "{path}: {detail}");
    }
    let then = get(&state, "/v1/articles/old-fees?at=2019-06-01T00:00:00Z").await;
    assert_eq!(then.status, StatusCode::OK);
    let unready = get(&unloaded(), "/v1/articles/seller-payout").await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_reachable(&unready.json()["contact"]);
}
