use super::*;

#[tokio::test]
async fn every_article_counts_once_and_the_limit_holds() {
    let state = loaded().await;
    let reply = post(
        &state,
        "/v1/search",
        r#"{"query":"buyers pay a fee","language":"en"}"#,
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    let hits = body["hits"].as_array().unwrap();
    assert_eq!(hits[0]["article"], "fees/buyers", "{body}");
    let mut articles: Vec<&str> = hits
        .iter()
        .map(|hit| hit["article"].as_str().unwrap())
        .collect();
    articles.sort_unstable();
    assert_eq!(articles, ["fees/buyers", "seller-payout"]);
    for (hit, rank) in hits.iter().zip(1..) {
        assert_eq!(hit["rank"], rank);
        assert!(hit["start"].as_u64() < hit["end"].as_u64());
    }
    assert_eq!(body["generation"], ENGINE.snapshot().generation());
    assert!(body["timings_ms"]["total"].is_u64());

    let one = post(
        &state,
        "/v1/search",
        r#"{"query":"buyers pay a fee","limit":1}"#,
    )
    .await
    .json();
    assert_eq!(one["hits"].as_array().unwrap().len(), 1);
    let dutch = post(
        &state,
        "/v1/search",
        r#"{"query":"geld","languages":["nl"]}"#,
    )
    .await
    .json();
    assert_eq!(dutch["hits"][0]["language"], "nl");
}

#[tokio::test]
async fn without_an_index_there_is_no_search() {
    let reply = post(&unloaded(), "/v1/search", r#"{"query":"fee"}"#).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header(header::RETRY_AFTER), "5");
    let body = reply.json();
    assert_eq!(body["type"], "urn:loket:problem:not_ready");
    assert_reachable(&body["contact"]);
}
