//! Several help centers: each command works on the one that is named.

use acceptance::{Sandbox, loket};

/// A sandbox with help centers `alder` and `birch`, which have an article each.
fn two() -> Sandbox {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("tenants").display().to_string();
    sandbox.write_settings(&format!("[tenants]\ndir = {dir:?}\n"));
    for (name, word) in [("alder", "zirconalder"), ("birch", "narwhalbirch")] {
        write(
            &sandbox,
            &format!("{name}/loket.toml"),
            &format!("[tenant]\nhosts = [\"{name}.example\"]\n"),
        );
        write(
            &sandbox,
            &format!("{name}/knowledge_base/en/returns.md"),
            &format!(
                "# Return an order\n\nYou have 14 days to return an order to the {word} depot.\n"
            ),
        );
    }
    sandbox
}

fn write(sandbox: &Sandbox, path: &str, text: &str) {
    let path = sandbox.path("tenants").join(path);
    fs_err::create_dir_all(path.parent().expect("a folder"))
        .and_then(|()| fs_err::write(&path, text))
        .expect("written");
}

#[test]
fn a_command_works_on_the_help_center_that_is_named() {
    let sandbox = two();
    for (name, own, foreign) in [
        ("alder", "zirconalder", "narwhalbirch"),
        ("birch", "narwhalbirch", "zirconalder"),
    ] {
        sandbox.run(&["index", "--tenant", name]).expect(0);
        let question = "How many days do I have to return an order?";
        let ask = ["ask", question, "--mode", "extractive", "--tenant", name];
        let told = sandbox.run(&ask).expect(0).out;
        assert!(told.contains(own) && !told.contains(foreign), "{told}");
        let found = sandbox.run(&["search", "depot", "--tenant", name, "--json"]);
        let found = found.expect(0).out;
        assert!(!found.contains(foreign), "{found}");
        assert!(
            sandbox
                .path("data/tenants")
                .join(name)
                .join("index")
                .is_dir()
        );
    }
    assert!(!sandbox.path("data/index").exists());
}

#[test]
fn a_command_that_names_none_or_another_tells_which_there_are() {
    let sandbox = two();
    for args in [
        &["index"][..],
        &["ask", "q"],
        &["handoff", "list"],
        &["check"],
        &["gaps"],
    ] {
        sandbox.run(args).expect_failure(&[
            "these settings have several help centers",
            "`--tenant`: `alder`, `birch`",
        ]);
    }
    sandbox
        .run(&["index", "--tenant", "cedar"])
        .expect_failure(&["there is no help center `cedar`; there are `alder`, `birch`"]);
    let one = Sandbox::new();
    one.run(&["index", "--tenant", "alder"])
        .expect_failure(&["there is no help center `alder`", "`tenants.dir`"]);
    one.run(&["tenants"])
        .expect_failure(&["these settings are of one help center", "`tenants.dir`"]);
    // What is of the deployment needs no name.
    sandbox.run(&["config", "check"]).expect(0);
    sandbox.run(&["models", "list"]).expect(0);
}

#[test]
fn help_centers_are_listed_with_what_they_serve() {
    let sandbox = two();
    sandbox.run(&["index", "--tenant", "alder"]).expect(0);
    sandbox
        .run(&["keys", "create", "--tenant", "birch", "--scope", "widget"])
        .expect(0);
    let told = sandbox.run(&["tenants", "--json"]).expect(0).json();
    let rows = told["tenants"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["name"], "alder");
    assert_eq!(rows[0]["hosts"], serde_json::json!(["alder.example"]));
    assert!(rows[0]["generation"].is_string(), "{told}");
    assert!(rows[1]["generation"].is_null(), "{told}");
    assert_eq!([&rows[0]["keys"], &rows[1]["keys"]], ["no", "yes"]);
    let shown = sandbox.run(&["tenants"]).expect(0).out;
    for part in ["alder.example", "birch", "knowledge_base", "none"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // A key without a name is the deployment's, which is said.
    let made = sandbox
        .run(&["keys", "create", "--scope", "admin"])
        .expect(0);
    assert!(made.err.contains("`--tenant`"), "{}", made.err);
}

#[test]
fn the_settings_of_one_are_printed_with_what_it_inherits() {
    let sandbox = two();
    let printed = sandbox.run(&["config", "print", "--tenant", "alder"]);
    let printed = printed.expect(0).out;
    assert!(
        printed.contains("token_audience = \"loket/alder\""),
        "{printed}"
    );
    assert!(printed.contains("intercept = 6.5"), "{printed}");
    // As settings of the only help center they mean the same.
    let path = sandbox.path("printed.toml");
    fs_err::write(&path, &printed).expect("written");
    let path = path.display().to_string();
    let again = loket(&["config", "print", "--config", &path]).expect(0).out;
    assert_eq!(again, printed);
    write(
        &sandbox,
        "alder/loket.toml",
        "[server]\nbind = \"127.0.0.1:1\"\n",
    );
    sandbox
        .run(&["config", "check"])
        .expect_failure(&["alder/loket.toml` line 2: `server.bind` is for all help centers alike"]);
}
