use serde_json::json;
use support::Store;

use super::*;

/// One message to `/mcp`, with headers beside those of every client.
async fn send_to(state: &AppState, message: &Value, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::post("/mcp")
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    for (name, value) in headers {
        if *name == "host" {
            request.headers_mut().unwrap().remove(header::HOST);
        }
        request = request.header(*name, *value);
    }
    send(
        state,
        request.body(Body::from(message.to_string())).unwrap(),
    )
    .await
}

async fn call(state: &AppState, tool: &str, arguments: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments}});
    let reply = send_to(state, &message, &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["id"], 7);
    body["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_client_agrees_on_a_version_and_finds_four_tools() {
    let state = unloaded();
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
        let reply = send_to(&state, &hello, &[("x-request-id", "r-1")]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.header("x-request-id"), "r-1");
        let result = &reply.json()["result"];
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "loket");
    }
    let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let agreed = [("mcp-protocol-version", "2025-06-18")];
    assert_eq!(
        send_to(&state, &done, &agreed).await.status,
        StatusCode::ACCEPTED
    );
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let reply = send_to(&state, &list, &agreed).await.json();
    let tools = reply["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "search_help_center",
            "get_article",
            "ask",
            "escalate_to_human"
        ]
    );
    for tool in tools {
        let reads = tool["name"] != "escalate_to_human";
        assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert_eq!(tool["outputSchema"]["type"], "object");
    }
    let required = tools[3]["inputSchema"]["required"].as_array().unwrap();
    assert!(required.contains(&json!("confirmed_by_customer")));
    assert!(required.contains(&json!("share_conversation")));
}

#[tokio::test]
async fn tools_search_read_and_answer() {
    let state = loaded().await;
    let found = call(&state, "search_help_center", json!({"query": "buying fee"})).await;
    let hits = found["structuredContent"]["hits"].as_array().unwrap();
    assert!(
        hits.iter().any(|hit| hit["article"] == "fees/buyers"),
        "{found}"
    );
    assert!(text(&found).contains("fees/buyers"));
    let article = call(&state, "get_article", json!({"id": "fees/buyers"})).await;
    assert!(text(&article).contains("nine percent"), "{article}");
    assert_eq!(article["structuredContent"]["language"], "en");
    let answer = call(
        &state,
        "ask",
        json!({"question": "What does buying cost?", "language": "en"}),
    )
    .await;
    assert_eq!(answer["structuredContent"]["outcome"], "answered");
    assert!(text(&answer).contains("nine percent"), "{answer}");
    assert_reachable(&answer["structuredContent"]["contact"]);
    let lost = call(
        &unloaded(),
        "ask",
        json!({"question": "What does buying cost?"}),
    )
    .await;
    assert!(text(&lost).contains("Email: always open"), "{lost}");
}

#[tokio::test]
async fn what_a_tool_cannot_do_is_told_to_who_called_it() {
    let state = loaded().await;
    for (tool, arguments, said) in [
        ("get_article", json!({"id": "nothing"}), "not_found"),
        ("get_article", json!({}), "missing field `id`"),
        (
            "ask",
            json!({"question": "a", "customer": {"id": "c"}}),
            "unknown field `customer`",
        ),
        (
            "search_help_center",
            json!({"query": "a", "limit": 0}),
            "limit",
        ),
        ("ask", json!({"question": " "}), "question"),
    ] {
        let result = call(&state, tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(text(&result).contains(said), "{result}");
    }
    let unknown =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}});
    let reply = send_to(&state, &unknown, &[]).await.json();
    assert_eq!(reply["error"]["code"], -32602);
}

#[tokio::test]
async fn a_customer_is_handed_over_only_after_agreeing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    let asked = |confirmed: bool, share: bool| {
        json!({
            "confirmed_by_customer": confirmed, "share_conversation": share,
            "question": "Where is my parcel?", "language": "en", "method": "email", "email": "anna@example.org",
            "conversation": [{"role": "user", "text": "Hello there, it was sent on Monday."}],
            "idempotency_key": "k-1"
        })
    };
    let refused = call(&state, "escalate_to_human", asked(false, true)).await;
    assert_eq!(refused["isError"], true);
    assert!(text(&refused).contains("confirmed_by_customer"));
    assert!(store.handoffs(None, 10).await.unwrap().is_empty());

    let done = call(&state, "escalate_to_human", asked(true, false)).await;
    let id = done["structuredContent"]["id"].as_str().unwrap();
    assert!(text(&done).contains(id), "{done}");
    let again = call(&state, "escalate_to_human", asked(true, false)).await;
    assert_eq!(again["structuredContent"]["id"], id);
    let stored = store.handoffs(None, 10).await.unwrap();
    assert_eq!(stored.len(), 1);
    let packet = &stored[0].packet;
    assert!(packet.conversation.is_empty());
    assert!(!packet.consent.unwrap().conversation);
    assert!(!serde_json::to_string(packet).unwrap().contains("Monday"));
}

#[tokio::test]
async fn pages_of_other_sites_call_no_tools() {
    let state = unloaded();
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    for (name, value, status) in [
        ("origin", "http://127.0.0.1:8080", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        // A name that leads here by the other site's doing.
        ("host", "evil.example", 403),
    ] {
        let reply = send_to(&state, &list, &[(name, value)]).await;
        assert_eq!(
            reply.status.as_u16(),
            status,
            "{name}: {value}: {}",
            reply.text
        );
    }
}
