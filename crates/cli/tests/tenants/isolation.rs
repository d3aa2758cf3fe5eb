//! Canaries: words of one help center that must turn up in no reply, delivery or line of the log of another.

use serde_json::{Value, json};

use crate::rig::{QUESTION, Receiver, Reply, Rig, Service};

const ALDER: &str = "zirconalder";
const BIRCH: &str = "narwhalbirch";

/// Everything a customer can read at a help center with questions that both answer, as one text.
fn all_that_can_be_read(service: &Service, tenant: &str) -> String {
    let path = |path: &str| format!("/t/{tenant}{path}");
    let mut texts = Vec::new();
    let mut take = |reply: Reply| {
        assert_eq!(reply.status, 200, "{}", reply.body);
        texts.push(reply.body);
    };
    for query in ["return an order", "depot", ALDER, BIRCH] {
        take(service.post(
            None,
            &path("/v1/search"),
            &json!({"query": query, "limit": 20}),
        ));
    }
    take(service.get(None, &path("/v1/articles/returns"), None));
    // Twice, so that the second is remembered.
    for _ in 0..2 {
        take(service.ask(tenant, QUESTION, false));
    }
    let chat = json!({"model": "loket", "messages": [{"role": "user", "content": QUESTION}]});
    take(service.post(None, &path("/v1/chat/completions"), &chat));
    for (tool, arguments) in [
        ("ask", json!({"question": QUESTION})),
        ("search_help_center", json!({"query": "depot"})),
        ("get_article", json!({"id": "returns"})),
    ] {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let accept = [("Accept", "application/json, text/event-stream")];
        take(service.send("POST", None, &path("/mcp"), &accept, Some(&call)));
    }
    texts.join("\n")
}

/// Without the words that were asked for, which a reply may repeat.
fn holds(text: &str, canary: &str) -> bool {
    text.contains(&format!("{canary} depot"))
}

#[test]
fn articles_of_one_are_found_at_no_other() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    // One after the other and again: the memory of one must not answer for the other.
    for (tenant, own, other) in [
        ("alder", ALDER, BIRCH),
        ("birch", BIRCH, ALDER),
        ("alder", ALDER, BIRCH),
    ] {
        let text = all_that_can_be_read(&service, tenant);
        assert!(holds(&text, own), "{tenant}: {text}");
        assert!(!holds(&text, other), "{tenant}: {text}");
        let foreign = if tenant == "alder" { "birch" } else { "alder" };
        let reply = service.get(
            None,
            &format!("/t/{tenant}/v1/articles/only-{foreign}"),
            None,
        );
        assert_eq!(reply.status, 404, "{}", reply.body);
        let reply = service.get(
            None,
            &format!("/t/{tenant}/v1/articles/only-{tenant}"),
            None,
        );
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    // Under their hosts they are the same two.
    let ask = json!({"question": QUESTION, "language": "en", "mode": "extractive"});
    for (host, own) in [("alder.example", ALDER), ("BIRCH.example:8080", BIRCH)] {
        let reply = service.post(Some(host), "/v1/answers", &ask);
        assert!(holds(&reply.body, own), "{}", reply.body);
    }
    let told = rig.json(&["tenants", "--json"]);
    let generation = |name: &str| {
        let path = format!("/t/{name}/v1/version");
        service.get(None, &path, None).json()["generation"].take()
    };
    for row in told["tenants"].as_array().unwrap() {
        assert_eq!(row["generation"], generation(row["name"].as_str().unwrap()));
    }
}

#[test]
fn an_article_that_is_deleted_at_one_stays_at_the_other() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    let status = |tenant: &str| {
        let path = format!("/t/{tenant}/v1/articles/returns");
        service.get(None, &path, None).status
    };
    assert_eq!([status("alder"), status("birch")], [200, 200]);
    fs_err::remove_file(rig.path("tenants/alder/knowledge_base/en/returns.md")).unwrap();
    rig.json(&["index", "--tenant", "alder", "--json"]);
    service.wait("alder's article is gone", || status("alder") == 404);
    assert_eq!(status("birch"), 200);
    assert!(holds(&service.ask("birch", QUESTION, false).body, BIRCH));
    let gone = service.ask("alder", QUESTION, false);
    assert!(!gone.body.contains("14 days"), "{}", gone.body);
}

#[test]
fn hand_offs_reach_their_own_desk_and_are_seen_at_their_own_address() {
    let (to_alder, alder_port) = Receiver::start();
    let (to_birch, birch_port) = Receiver::start();
    let rig = Rig::two(
        "[log]\nformat = \"json\"\nfilter = \"info\"\n",
        Some([alder_port, birch_port]),
    );
    let service = rig.serve_ready(&[]);
    let answer = service.ask("alder", QUESTION, false).json();
    let answer = answer["id"].as_str().unwrap();
    let secret = "my order heliotrope-77 is lost";
    // The same key and the same words: to each of them a first time.
    let first = service.hand_over("alder", "key-1", secret, Some(answer));
    let second = service.hand_over("birch", "key-1", secret, Some(answer));
    assert_eq!(
        [first.status, second.status],
        [202, 202],
        "{first:?} {second:?}"
    );
    assert_eq!(second.header("idempotency-replayed"), "");
    let ids = [&first, &second].map(|reply| reply.json()["id"].as_str().unwrap().to_owned());
    assert_ne!(ids[0], ids[1]);
    // And other words under a key the other has used.
    let third = service.hand_over("birch", "key-2", "something", None);
    let fourth = service.hand_over("alder", "key-2", "something else", None);
    assert_eq!([third.status, fourth.status], [202, 202]);
    assert_eq!(
        first.header("location"),
        format!("/t/alder/v1/escalations/{}", ids[0])
    );

    let seen = |tenant: &str, id: &str| {
        let path = format!("/t/{tenant}/v1/escalations/{id}");
        service.get(None, &path, None).status
    };
    assert_eq!([seen("alder", &ids[0]), seen("birch", &ids[1])], [200, 200]);
    assert_eq!([seen("birch", &ids[0]), seen("alder", &ids[1])], [404, 404]);

    service.wait("all are delivered", || {
        to_alder.bodies().len() == 2 && to_birch.bodies().len() == 2
    });
    let alder = to_alder.bodies().join("\n");
    let birch = to_birch.bodies().join("\n");
    assert!(
        alder.contains(&ids[0]) && !alder.contains(&ids[1]),
        "{alder}"
    );
    assert!(
        birch.contains(&ids[1]) && !birch.contains(&ids[0]),
        "{birch}"
    );
    // The receipt named at the other is of no answer there: nothing of what was shown goes along.
    let was_shown = "\"tried\":[{";
    assert!(alder.contains(was_shown), "{alder}");
    assert!(!birch.contains(was_shown), "{birch}");

    // Nor is it found by those who run the other.
    let replayed = rig.run(&["answer", "replay", answer, "--tenant", "birch"]);
    assert_eq!(replayed.status.code(), Some(2));
    let replayed = rig.run(&["answer", "replay", answer, "--tenant", "alder"]);
    assert_eq!(replayed.status.code(), Some(0));
    let listed = rig.json(&["handoff", "list", "--tenant", "birch", "--json"]);
    assert!(!listed.to_string().contains(&ids[0]), "{listed}");

    // The log names the help center of every request, and says nothing of what was written.
    let log = service.log();
    for word in ["heliotrope", ALDER, BIRCH, "someone@example.org"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let of = |message: &str| -> Vec<&Value> {
        let is = |line: &&Value| line["fields"]["message"] == message;
        lines.iter().filter(is).collect()
    };
    let delivered = of("delivered a hand-off");
    assert_eq!(delivered.len(), 4, "{log}");
    for line in delivered {
        let desk = line["fields"]["destination"].as_str().unwrap();
        let tenant = line["span"]["tenant"].as_str().unwrap();
        assert_eq!(desk, format!("{tenant}desk"), "{line}");
    }
    let handed = of("request")
        .into_iter()
        .filter(|line| line["fields"]["status"] == 202);
    let tenants: Vec<&Value> = handed.map(|line| &line["span"]["tenant"]).collect();
    assert_eq!(tenants, ["alder", "birch", "birch", "alder"], "{log}");
    for line in of("serving") {
        assert!(line["span"]["tenant"].is_string(), "{line}");
    }
}

#[test]
fn what_a_team_tells_of_itself_holds_for_its_own_customers() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    let ways = |tenant: &str| {
        let path = format!("/t/{tenant}/v1/contact-methods?language=en&at=2026-11-23T10:00:00Z");
        service.get(None, &path, None).body
    };
    let before = ways("birch");
    assert_eq!(ways("alder"), before);
    let plan = rig.json(&["config", "print", "--tenant", "alder", "--json"]);
    let team = &plan["support"]["teams"][0]["name"];
    let told =
        json!({"team": team, "channel": "chat", "available": false, "expires_in_seconds": 600});
    let reply = service.send(
        "PUT",
        None,
        "/t/alder/v1/admin/availability",
        &[],
        Some(&told),
    );
    assert!((200..300).contains(&reply.status), "{reply:?}");
    assert_ne!(ways("alder"), before);
    assert_eq!(ways("birch"), before);
}

#[test]
fn what_did_not_help_at_one_is_no_gap_of_the_other() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    let unknown = "heliotrope umbrella lacquer";
    let reply = service.ask("alder", unknown, false).json();
    assert_eq!(reply["outcome"], "escalated", "{reply}");
    let helped = service.ask("birch", QUESTION, false).json();
    let judged = json!({"answer_id": helped["id"], "helpful": false});
    // Said at the wrong address it is of no answer there.
    let reply = service.post(None, "/t/alder/v1/feedback", &judged);
    assert!(reply.status == 204 || reply.status == 404, "{reply:?}");
    let gaps = |tenant: &str| {
        let output = rig.run(&["gaps", "--tenant", tenant, "--json"]);
        String::from_utf8(output.stdout).unwrap()
    };
    service.wait("alder has its gap", || gaps("alder").contains("heliotrope"));
    assert!(
        !gaps("alder").contains("return an order?"),
        "{}",
        gaps("alder")
    );
    assert!(!gaps("birch").contains("heliotrope"), "{}", gaps("birch"));
}
