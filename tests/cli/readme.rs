//! The README and the guide say what is true: every command in them is one, and does what its row says.

use crate::certificates::root;
use crate::harness::Castore;
use crate::roots::{debian, with_environment, with_programs};
use std::path::Path;

/// Every `castore …` between backticks, split as a shell would split it.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let quoted = readme.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix("castore "));
    quoted.filter(|text| !text.contains('=') || text.contains("--env")).map(words).collect()
}

/// The README, and the guide behind it.
fn texts() -> String {
    let read = |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a text");
    read("README.md") + &read("data/guide.md")
}

/// Places in this repository that they link to are there, headings too.
#[test]
fn their_links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for name in ["README.md", "data/guide.md"] {
        let text = std::fs::read_to_string(root.join(name)).expect("a text");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let to = root.join(name).parent().expect("a directory").join(file);
            assert!(to.exists(), "{name}: {link}");
            let anchor = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            let has = |text: &str| text.lines().any(|line| line.starts_with('#') && anchor(line) == heading);
            assert!(heading.is_empty() || has(&std::fs::read_to_string(&to).expect("a text")), "{name}: {link}");
            found += 1;
        }
    }
    assert!(found > 5, "{found} links");
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let split = |(index, part): (usize, &str)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    // `clients X` and `checks X` stand for any.
    parts.flat_map(split).filter(|word: &String| word != "X").collect()
}

#[test]
fn its_commands_run() {
    let corp = root("README Corp").make().pem();
    let tree = with_environment(with_programs(debian()))
        .file("corp.pem", &corp)
        .file("old.pem", &corp)
        .file("new.pem", &corp)
        .file("opt/bundle.pem", &corp)
        .file("chain.pem", &corp)
        .file("etc/systemd/system/app.service", "[Service]\nExecStart=/opt/venv/bin/python\n");
    let commands = commands(&texts());
    let mut answered = 0;
    let pid = std::process::id().to_string();
    for command in &commands {
        // No test speaks to a server of others.
        let asks = command.iter().any(|word| word == "--host" || word == "--minimal");
        if asks || (command[0] == "why" && !command[1].ends_with(".pem")) {
            continue;
        }
        // What castore knows by itself is asked of no host, and processes are this machine's.
        let is_of_process = command.iter().any(|word| word == "--pid");
        let is_hostless = is_of_process || matches!(command[0].as_str(), "clients" | "checks" | "schedule" | "config");
        let castore = if is_hostless { Castore::here() } else { Castore::at(&tree).directory(tree.path()) };
        let output = castore.run(command.iter().map(|word| if word == "4711" { &pid } else { word }));
        let said = output.stderr();
        // What this machine does not hold may be missing; a word castore does not know may not.
        let misspelt = ["unexpected", "unrecognized", "invalid", "required", "no client", "no check", "no command"];
        assert!(!misspelt.iter().any(|word| said.contains(word)), "{command:?}: {said}");
        answered += usize::from(!output.stdout().is_empty());
    }
    assert!(commands.len() >= 12, "only {} commands were found in the README", commands.len());
    assert!(answered * 3 >= commands.len() * 2, "{answered} of {} commands had an answer", commands.len());
}

/// The settings it shows are such.
#[test]
fn its_settings_are_sound() {
    let texts = texts();
    let settings = texts.split("```toml\n").nth(1).and_then(|text| text.split("```").next()).expect("settings");
    let tree = crate::harness::Tree::new().file("castore.toml", settings);
    let path = tree.path().join("castore.toml");
    let output = Castore::here().run(["config", "--check", path.to_str().expect("a name")]);
    _ = output.exits(0);
}
