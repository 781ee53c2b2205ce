//! A DaemonSet that looks at every node of a cluster, a CronJob that looks at one, and what keeps both from the
//! network.
//!
//! The files of a node are mounted read-only at `/host`, which is the root that castore looks at; of root is left
//! the right to read.

use super::super::escape::units::{container, yaml};
use super::template::fill;
use super::{Default, Job, LOGINS, Refused, Scheduler, Unit, is_absolute};

/// The row.
pub const SCHEDULER: Scheduler = Scheduler {
    name: "kubernetes",
    about: "a DaemonSet for all nodes, a CronJob for one, and a NetworkPolicy; needs --image",
    says: "https://kubernetes.io/docs/reference/kubernetes-api/",
    program: "/usr/bin/castore",
    absolute: is_absolute,
    write,
};

/// Where a node's files are.
const HOST: Default = Default { words: &["--root", "/host"], unless: &["root"] };
/// Of a node that is called otherwise in its own files.
const NAME: Default = Default { words: &["--host-name", "$(NODE_NAME)"], unless: &["host-name"] };
/// What collects logs of containers reads rows, and sees none where nothing is found.
const ROWS: Default = Default { words: &["--format", "ndjson"], unless: &["format", "out"] };

fn write(job: &Job) -> Result<Vec<Unit>, Refused> {
    let Some(image) = job.image.as_deref().filter(|image| !image.is_empty()) else {
        return Err(Refused { expected: "--image IMAGE, one of yours that holds castore", found: String::new() });
    };
    let own = [HOST, LOGINS, NAME, ROWS].into_iter().flat_map(|default| default.of(job)).map(|word| yaml(word));
    let words: Vec<String> = [container(&job.program), yaml("check")]
        .into_iter()
        .chain(own)
        .chain(job.arguments.iter().map(|word| container(word)))
        .collect();
    let out = job.out.as_deref().map(yaml);
    let install = job.install("kubernetes", ".");
    let (calendar, seconds, image) = (job.cron(), job.every.seconds().to_string(), yaml(image));
    let unit = |name, template, indent: usize| {
        let lines: Vec<String> = words.iter().map(|word| format!("{}- {word}", " ".repeat(indent))).collect();
        let values = [
            ("COMMAND", Some(&*lines.join("\n"))),
            ("INSTALL", Some(install.as_str())),
            ("IMAGE", Some(image.as_str())),
            ("OUT", out.as_deref()),
            ("HOSTS", Job::given(job.with_hosts)),
            ("CALENDAR", Some(calendar.as_str())),
            ("SECONDS", Some(seconds.as_str())),
            ("EVERY", Some(job.every.words())),
        ];
        Unit { name, text: fill(template, &values) }
    };
    Ok(vec![
        unit(
            "castore-check.networkpolicy.yaml",
            include_str!("../../../data/schedule/castore-check.networkpolicy.yaml"),
            0,
        ),
        unit("castore-check.daemonset.yaml", include_str!("../../../data/schedule/castore-check.daemonset.yaml"), 12),
        unit("castore-check.cronjob.yaml", include_str!("../../../data/schedule/castore-check.cronjob.yaml"), 16),
    ])
}
