//! Settings and help, as a user meets them.

use acceptance::{Sandbox, loket};

#[test]
fn settings_that_are_wrong_are_named_in_one_line() {
    let sandbox = Sandbox::new();
    sandbox.run(&["config", "check"]).expect(0);
    sandbox.write_settings("[server]\nbnd = 1\n");
    sandbox
        .run(&["config", "check"])
        .expect_failure(&["loket.toml", "`bnd`", "`bind`"]);
    sandbox.run(&["ask", "q"]).expect_failure(&["`bnd`"]);
    sandbox.write_settings("[server]\nbind = \"0.0.0.0:80\"\n");
    sandbox
        .run(&["config", "check"])
        .expect_failure(&["`server.bind`", "127.0.0.1"]);
    sandbox.write_settings("");
    sandbox.set("encoder", "nothing");
    sandbox.run(&["config", "check"]).expect_failure(&[
        "`models.encoder`",
        "`nothing`",
        "tiny-encoder",
    ]);
    loket(&["config", "check", "--config", "/nonexistent.toml"])
        .expect_failure(&["/nonexistent.toml"]);
}

#[test]
fn the_settings_in_effect_can_be_read_back() {
    let sandbox = Sandbox::new();
    let printed = sandbox
        .run(&["config", "print", "--data-dir", "elsewhere"])
        .expect(0)
        .out;
    assert!(printed.contains("data_dir = \"elsewhere\""), "{printed}");
    let path = sandbox.path("printed.toml");
    fs_err::write(&path, &printed).expect("the settings");
    let path = path.display().to_string();
    assert_eq!(
        loket(&["config", "print", "--config", &path]).expect(0).out,
        printed
    );
    let json = sandbox.run(&["config", "print", "--json"]).expect(0).json();
    assert_eq!(json["models"]["encoder"], "tiny-encoder");
}

#[test]
fn help_lists_what_there_is() {
    let help = loket(&["--help"]).expect(0).out;
    for command in [
        "ask", "index", "watch", "check", "diff", "gaps", "search", "serve", "models", "eval",
        "config",
    ] {
        assert!(
            help.lines()
                .any(|line| line.trim_start().starts_with(command)),
            "{command}: {help}"
        );
    }
    let version = loket(&["--version"]).expect(0).out;
    assert!(version.starts_with("loket "), "{version}");
    loket(&["guess"]).expect(2);
}
