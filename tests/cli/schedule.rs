//! `castore schedule`: what it prints, what it refuses, and that the printed line of cron mails on change alone.

use crate::harness::{Castore, Output, Tree};
use insta::assert_snapshot;

fn print(scheduler: &str, more: &[&str]) -> Output {
    Castore::here().run(["schedule", "--print", scheduler].iter().chain(more))
}

/// The lines of what is printed that hold one of these.
fn lines(output: &Output, parts: &[&str]) -> String {
    let text = output.stdout();
    let is_wanted = |line: &&str| parts.iter().any(|part| line.contains(part));
    text.lines().filter(is_wanted).map(|line| line.trim_start().to_owned() + "\n").collect()
}

/// Values that a shell, systemd, YAML and XML would each read otherwise.
const ODD: [&str; 8] = [
    "--",
    "--host-name",
    "it's \"$HOME\" 5% <&>",
    "--out",
    "/srv/a b/c.prom",
    "--format=prometheus",
    "--skip",
    "expired",
];

#[test]
fn systemd() {
    let output = print("systemd", &["--every", "week", "--time", "5:30", "--", "--min-severity", "warning"]).exits(0);
    assert_snapshot!(output.stdout(), @r"
    # castore-check.service
    # Checks the certificate stores of this machine once; castore-check.timer says when. The journal has the report:
    #
    #     journalctl --unit=castore-check.service --output=cat
    #
    # A run ends with 1 where it finds something and with 2 where it could not look at everything, and the unit has then
    # failed: systemctl --failed shows it, and OnFailure= in a drop-in starts what tells people. Those who are told by
    # Prometheus add --exit-zero.
    #
    # It reads every file, whoever owns it, and writes none but the report. It does not see /tmp and /var/tmp.
    [Unit]
    Description=Check the certificate stores of this machine

    [Service]
    Type=oneshot
    ExecStart=/usr/bin/castore check --all-users --login-environment --min-severity warning
    # RuntimeMaxSec= does not count for oneshot.
    TimeoutStartSec=15min
    Nice=10
    IOSchedulingClass=idle
    MemoryMax=512M
    TasksMax=64

    # Reading what belongs to others is all that is left of root.
    CapabilityBoundingSet=CAP_DAC_READ_SEARCH
    AmbientCapabilities=
    NoNewPrivileges=yes
    ProtectSystem=strict
    ProtectHome=read-only
    PrivateTmp=yes
    PrivateDevices=yes
    DevicePolicy=closed
    PrivateNetwork=yes
    RestrictAddressFamilies=none
    IPAddressDeny=any
    PrivateIPC=yes
    PrivateMounts=yes
    ProtectClock=yes
    ProtectControlGroups=yes
    ProtectHostname=yes
    ProtectKernelLogs=yes
    ProtectKernelModules=yes
    ProtectKernelTunables=yes
    ProtectProc=invisible
    ProcSubset=pid
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    MemoryDenyWriteExecute=yes
    KeyringMode=private
    RemoveIPC=yes
    UMask=0077
    SystemCallArchitectures=native
    SystemCallFilter=@system-service
    SystemCallFilter=~@privileged @resources @mount
    SystemCallErrorNumber=EPERM

    # castore-check.timer
    # When castore-check.service runs. To install both:
    #
    #     castore schedule --print systemd --every week --time 05:30 --out-dir /etc/systemd/system -- --min-severity warning
    #     systemctl daemon-reload && systemctl enable --now castore-check.timer
    [Unit]
    Description=Check the certificate stores of this machine every week

    [Timer]
    OnCalendar=Mon *-*-* 05:30:00
    # Many machines do not all begin at once; each keeps its own delay.
    RandomizedDelaySec=360min
    FixedRandomDelay=yes
    # A run that was missed, the machine being off, is made up for.
    Persistent=true

    [Install]
    WantedBy=timers.target
    ");
}

#[test]
fn cron() {
    assert_snapshot!(print("cron", &[]).exits(0), @r"
    $ castore schedule --print cron
    # Checks the certificate stores of this machine every day, and sends mail when the answer is another than the last time:
    # also when all is well again, and not when it always was. To install it:
    #
    #     castore schedule --print cron --out-dir /etc/cron.d
    #
    # What differs only by the days that passed is no other answer. The last report is kept in
    # /var/lib/castore
    SHELL=/bin/sh
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    17 4 * * * root umask 077; mkdir -p /var/lib/castore && cd /var/lib/castore || exit; /usr/bin/castore check --all-users --login-environment --format text --out - >report 2>&1; s=$?; sed -E 's/(valid on|holds on|undone by) [0-9-]+|T[0-9:]{8}Z|-?[0-9]+ days? (ago|from now|old)//g' report >now; { [ $s != 0 ] || [ -e last ]; } && ! cmp -s now last && cat report; mv now last
    exit: 0
    ");
}

#[test]
fn launchd() {
    assert_snapshot!(print("launchd", &["--every", "hour", "--", "--fail-on", "error"]).exits(0), @r#"
    $ castore schedule --print launchd --every hour -- --fail-on error
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <!--
      Checks the certificate stores of this machine every hour. With the option out-dir castore schedule writes this file to
      /Library/LaunchDaemons, as root; then

          launchctl bootstrap system /Library/LaunchDaemons/castore-check.plist

      A run that was missed while the machine slept is made up for. The log grows by one report a run; newsyslog(8) turns
      it over.
    -->
    <plist version="1.0">
    <dict>
    \u{9}<key>Label</key>
    \u{9}<string>castore-check</string>
    \u{9}<key>ProgramArguments</key>
    \u{9}<array>
    \u{9}\u{9}<string>/usr/local/bin/castore</string>
    \u{9}\u{9}<string>check</string>
    \u{9}\u{9}<string>--fail-on</string>
    \u{9}\u{9}<string>error</string>
    \u{9}</array>
    \u{9}<key>StartCalendarInterval</key>
    \u{9}<dict>
    \u{9}\u{9}<key>Minute</key>
    \u{9}\u{9}<integer>17</integer>
    \u{9}</dict>
    \u{9}<key>StandardOutPath</key>
    \u{9}<string>/var/log/castore-check.log</string>
    \u{9}<key>StandardErrorPath</key>
    \u{9}<string>/var/log/castore-check.log</string>
    \u{9}<key>WorkingDirectory</key>
    \u{9}<string>/</string>
    \u{9}<key>Umask</key>
    \u{9}<integer>63</integer>
    \u{9}<key>Nice</key>
    \u{9}<integer>10</integer>
    \u{9}<key>ProcessType</key>
    \u{9}<string>Background</string>
    \u{9}<key>LowPriorityIO</key>
    \u{9}<true/>
    </dict>
    </plist>
    exit: 0
    "#);
}

#[test]
fn windows() {
    let output = print("windows", &["--", "--format", "json", "--out", r"C:\ProgramData\castore\report.json"]).exits(0);
    assert_snapshot!(output.stdout(), @r#"
    <?xml version="1.0"?>
    <!--
      Checks the certificate stores of this machine every day, as SYSTEM. To install it, in PowerShell as administrator:

          Register-ScheduledTask -TaskName castore-check -Xml (Get-Content -Raw -Encoding UTF8 castore-check.xml)

      A task's output is lost: the report is in the file of the option out. The last result of the task is the exit status:
      1 where something was found, 2 where not everything could be looked at.
    -->
    <Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
      <RegistrationInfo>
        <Description>Checks the certificate stores of this machine.</Description>
        <URI>\castore-check</URI>
      </RegistrationInfo>
      <Triggers>
        <CalendarTrigger>
          <Enabled>true</Enabled>
          <StartBoundary>2026-01-05T04:17:00</StartBoundary>
          <RandomDelay>PT60M</RandomDelay>
          <ScheduleByDay>
            <DaysInterval>1</DaysInterval>
          </ScheduleByDay>
        </CalendarTrigger>
      </Triggers>
      <Principals>
        <Principal id="System">
          <UserId>S-1-5-18</UserId>
          <RunLevel>LeastPrivilege</RunLevel>
        </Principal>
      </Principals>
      <Settings>
        <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
        <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
        <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
        <StartWhenAvailable>true</StartWhenAvailable>
        <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
        <ExecutionTimeLimit>PT15M</ExecutionTimeLimit>
        <Priority>8</Priority>
      </Settings>
      <Actions Context="System">
        <Exec>
          <Command>C:\Program Files\castore\castore.exe</Command>
          <Arguments>check --format json --out C:\ProgramData\castore\report.json</Arguments>
        </Exec>
      </Actions>
    </Task>
    "#);
}

#[test]
fn kubernetes() {
    let output =
        print("kubernetes", &["--image", "registry.example/castore:1", "--", "--out", "/srv/metrics/castore.prom"]);
    assert_snapshot!(output.exits(0).stdout(), @r#"
    # castore-check.networkpolicy.yaml
    ---
    # To install this and one of the two below, in a namespace that may mount directories of its nodes
    # (pod-security.kubernetes.io/enforce: privileged):
    #
    #     castore schedule --print kubernetes --image registry.example/castore:1 --out-dir . -- --out /srv/metrics/castore.prom
    #     kubectl --namespace NAMESPACE apply -f castore-check.networkpolicy.yaml -f castore-check.daemonset.yaml
    #
    # castore is reached by nobody and reaches nobody.
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: castore-check
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/name: castore-check
      policyTypes:
        - Ingress
        - Egress

    # castore-check.daemonset.yaml
    ---
    # Checks the certificate stores of every node every day, and again when the pod is started. Its logs are the reports;
    # metrics go to the file of --out. The image needs /bin/sh and sleep.
    #
    # A node's file /F is /host/F to the options of castore.
    # The directory of --out is the only one of the node that is not mounted read-only.
    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      name: castore-check
      labels:
        app.kubernetes.io/name: castore-check
    spec:
      selector:
        matchLabels:
          app.kubernetes.io/name: castore-check
      template:
        metadata:
          labels:
            app.kubernetes.io/name: castore-check
        spec:
          tolerations:
            - operator: Exists
          securityContext:
            seccompProfile:
              type: RuntimeDefault
          automountServiceAccountToken: false
          enableServiceLinks: false
          terminationGracePeriodSeconds: 5
          nodeSelector:
            kubernetes.io/os: linux
          containers:
            - name: castore
              image: "registry.example/castore:1"
              command:
                - /bin/sh
                - -c
                - 'trap "exit 0" TERM; while :; do "$@"; sleep 86400 & wait $!; done'
                - castore-check
                - "/usr/bin/castore"
                - "check"
                - "--root"
                - "/host"
                - "--all-users"
                - "--login-environment"
                - "--host-name"
                - "$(NODE_NAME)"
                - "--out"
                - "/srv/metrics/castore.prom"
              env:
                - name: NODE_NAME
                  valueFrom:
                    fieldRef:
                      fieldPath: spec.nodeName
              # Reading what belongs to others is all that is left of root.
              securityContext:
                runAsUser: 0
                readOnlyRootFilesystem: true
                allowPrivilegeEscalation: false
                capabilities:
                  drop: [ALL]
                  add: [DAC_READ_SEARCH]
              resources:
                requests:
                  cpu: 50m
                  memory: 64Mi
                limits:
                  memory: 512Mi
              volumeMounts:
                - name: host
                  mountPath: /host
                  readOnly: true
                  # What is mounted beneath it, too; since Kubernetes 1.30.
                  recursiveReadOnly: IfPossible
                - name: out
                  mountPath: "/srv/metrics"
          volumes:
            - name: host
              hostPath:
                path: /
                type: Directory
            - name: out
              hostPath:
                path: "/srv/metrics"
                type: Directory

    # castore-check.cronjob.yaml
    ---
    # Checks the certificate stores of one node every day: of the one that nodeSelector names, or of any. The job fails where
    # something is found. For every node there is the DaemonSet.
    #
    # A node's file /F is /host/F to the options of castore.
    # The directory of --out is the only one of the node that is not mounted read-only.
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: castore-check
      labels:
        app.kubernetes.io/name: castore-check
    spec:
      schedule: "17 4 * * *"
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 3600
      jobTemplate:
        metadata:
          labels:
            app.kubernetes.io/name: castore-check
        spec:
          backoffLimit: 0
          activeDeadlineSeconds: 900
          template:
            metadata:
              labels:
                app.kubernetes.io/name: castore-check
            spec:
              restartPolicy: Never
              securityContext:
                seccompProfile:
                  type: RuntimeDefault
              automountServiceAccountToken: false
              enableServiceLinks: false
              terminationGracePeriodSeconds: 5
              nodeSelector:
                kubernetes.io/os: linux
              containers:
                - name: castore
                  image: "registry.example/castore:1"
                  command:
                    - "/usr/bin/castore"
                    - "check"
                    - "--root"
                    - "/host"
                    - "--all-users"
                    - "--login-environment"
                    - "--host-name"
                    - "$(NODE_NAME)"
                    - "--out"
                    - "/srv/metrics/castore.prom"
                  env:
                    - name: NODE_NAME
                      valueFrom:
                        fieldRef:
                          fieldPath: spec.nodeName
                  # Reading what belongs to others is all that is left of root.
                  securityContext:
                    runAsUser: 0
                    readOnlyRootFilesystem: true
                    allowPrivilegeEscalation: false
                    capabilities:
                      drop: [ALL]
                      add: [DAC_READ_SEARCH]
                  resources:
                    requests:
                      cpu: 50m
                      memory: 64Mi
                    limits:
                      memory: 512Mi
                  volumeMounts:
                    - name: host
                      mountPath: /host
                      readOnly: true
                      # What is mounted beneath it, too; since Kubernetes 1.30.
                      recursiveReadOnly: IfPossible
                    - name: out
                      mountPath: "/srv/metrics"
              volumes:
                - name: host
                  hostPath:
                    path: /
                    type: Directory
                - name: out
                  hostPath:
                    path: "/srv/metrics"
                    type: Directory
    "#);
}

#[test]
fn values_are_escaped_for_their_file() {
    let systemd = print("systemd", &ODD).exits(0);
    assert_snapshot!(lines(&systemd, &["ExecStart", "ReadWrite", "Requires"]), @r#"
    RequiresMountsFor="/srv/a b"
    ExecStart=/usr/bin/castore check --all-users --login-environment --host-name "it's \"$$HOME\" 5%% <&>" --out "/srv/a b/c.prom" --format=prometheus --skip expired
    ReadWritePaths="/srv/a b"
    "#);
    let cron = print("cron", &ODD).exits(0);
    assert_snapshot!(lines(&cron, &[" root "]), @r#"
    17 4 * * * root umask 077; mkdir -p /var/lib/castore && cd /var/lib/castore || exit; /usr/bin/castore check --all-users --login-environment --host-name 'it'"'"'s "$HOME" 5\% <&>' --out '/srv/a b/c.prom' --format=prometheus --skip expired >report 2>&1; s=$?; sed -E 's/(valid on|holds on|undone by) [0-9-]+|T[0-9:]{8}Z|-?[0-9]+ days? (ago|from now|old)//g' report >now; { [ $s != 0 ] || [ -e last ]; } && ! cmp -s now last && cat report; mv now last
    "#);
    let launchd = print("launchd", &ODD).exits(0);
    assert_snapshot!(lines(&launchd, &["it&", "/srv"]), @r"
    \u{9}\u{9}<string>it&#39;s &quot;$HOME&quot; 5% &lt;&amp;&gt;</string>
    \u{9}\u{9}<string>/srv/a b/c.prom</string>
    ");
    let more = [&["--image", "a: b"][..], &ODD].concat();
    assert_snapshot!(lines(&print("kubernetes", &more).exits(0), &["it's", "/srv", "a: b"]), @r#"
    #     castore schedule --print kubernetes --image 'a: b' --out-dir . -- --host-name 'it'\''s "$HOME" 5% <&>' --out '/srv/a b/c.prom' '--format=prometheus' --skip expired
    image: "a: b"
    - "it's \"$$HOME\" 5% <&>"
    - "/srv/a b/c.prom"
    mountPath: "/srv/a b"
    path: "/srv/a b"
    image: "a: b"
    - "it's \"$$HOME\" 5% <&>"
    - "/srv/a b/c.prom"
    mountPath: "/srv/a b"
    path: "/srv/a b"
    "#);
    let windows = ["--", "--host-name", "a \"b\" <&>", "--out", r"C:\a b\c.json"];
    assert_snapshot!(lines(&print("windows", &windows).exits(0), &["<Arguments>"]), @r"
    <Arguments>check --host-name &quot;a \&quot;b\&quot; &lt;&amp;&gt;&quot; --out &quot;C:\a b\c.json&quot;</Arguments>
    ");
}

#[test]
fn servers_need_the_network() {
    let without = print("systemd", &[]).exits(0).stdout();
    assert!(without.contains("\nPrivateNetwork=yes\n") && without.contains("\nRestrictAddressFamilies=none\n"));
    for more in [&["--with-hosts"][..], &["--", "--host", "www.example"]] {
        let with = print("systemd", more).exits(0).stdout();
        assert!(!with.contains("PrivateNetwork") && with.contains("\nAfter=network-online.target\n"), "{with}");
        let policy = print("kubernetes", &[&["--image", "x"], more].concat()).exits(0).stdout();
        assert!(!policy.contains("- Egress"), "{policy}");
    }
}

#[test]
fn what_would_not_run_is_refused() {
    let said = [
        print("systemd", &["--", "--nosuch"]),
        print("systemd", &["--", "--help"]),
        print("systemd", &["--", "--skip", "expired,nonsense"]),
        print("systemd", &["--", "--out", "castore.prom"]),
        print("systemd", &["--program", "castore"]),
        print("systemd", &["--", "--host-name", "a\nb"]),
        print("cron", &["--", "--format", "ndjson"]),
        print("cron", &["--", "--format", "nagios", "--out", "-"]),
        print("systemd", &["--", "--out", "/tmp/x.prom"]),
        print("systemd", &["--", "--out", "/var/lib/../tmp//x.prom"]),
        print("systemd", &["--", "--baseline", "/tmp/base.json"]),
        print("systemd", &["--", "/var/tmp/x.pem"]),
        print("systemd", &["--", "file:/dev/shm/x.pem"]),
        print("systemd", &["--", "certifi:./venv"]),
        print("systemd", &["--", "--out", "/x.prom"]),
        print("systemd", &["--", "--pid", "7"]),
        print("cron", &["--", "--host-name", r"a\b"]),
        print("windows", &[]),
        print("windows", &["--", "--out", "/srv/x"]),
        print("kubernetes", &[]),
        print("at", &[]),
        print("cron", &["--time", "24:00"]),
    ];
    let text: String = said.into_iter().map(|output| output.exits(2).stderr()).collect();
    assert_snapshot!(text, @r#"
    castore: error: check: unexpected argument '--nosuch' found
    hint: castore check --help lists its options
    castore: error: check: expected options of a run, found --help
    hint: castore check --help lists its options
    castore: error: --skip: no check is called "nonsense"
    hint: castore checks lists them
    castore: error: systemd: expected an absolute path, as a scheduled run starts in no directory of yours, found "castore.prom"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected an absolute path, as a scheduled run starts in no directory of yours, found "castore"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected no control or invisible characters, found "a\nb"
    hint: castore schedule --help tells what each needs
    castore: error: cron: expected --format text, or --out FILE: other formats hold the time and would be news every time, found "--format ndjson"
    hint: castore schedule --help tells what each needs
    castore: error: cron: expected --format text, or --out FILE: other formats hold the time and would be news every time, found "--format nagios"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc, found "/tmp/x.prom"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc, found "/var/lib/../tmp//x.prom"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc, found "/tmp/base.json"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc, found "/var/tmp/x.pem"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc, found "/dev/shm/x.pem"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected an absolute path, as a scheduled run starts in no directory of yours, found "./venv"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected --out in a directory below /, as the unit may write in all of that, found "/"
    hint: castore schedule --help tells what each needs
    castore: error: systemd: expected no --pid, as the unit sees no process of others, found "--pid"
    hint: castore schedule --help tells what each needs
    castore: error: cron: expected no backslash, which programs called cron read in different ways, found "a\\b"
    hint: castore schedule --help tells what each needs
    castore: error: windows: expected --out FILE among the options of check, as what a task prints is lost, found ""
    hint: castore schedule --help tells what each needs
    castore: error: windows: expected an absolute path, as a scheduled run starts in no directory of yours, found "/srv/x"
    hint: castore schedule --help tells what each needs
    castore: error: kubernetes: expected --image IMAGE, one of yours that holds castore, found ""
    hint: castore schedule --help tells what each needs
    castore: error: invalid value 'at' for '--print <SCHEDULER>'
      [possible values: systemd, cron, launchd, windows, kubernetes]
    hint: see --help
    castore: error: invalid value '24:00' for '--time <HH:MM>': expected a time from 00:00 to 23:59
    hint: see --help
    "#);
}

#[test]
fn files_are_written_where_they_belong() {
    let tree = Tree::new();
    let castore = Castore::here().directory(tree.path());
    let output = castore.run(["schedule", "--print", "systemd", "--out-dir", "."]).exits(0);
    assert_eq!(output.stdout(), "");
    assert_eq!(output.stderr(), "castore: wrote ./castore-check.service\ncastore: wrote ./castore-check.timer\n");
    let printed = print("systemd", &[]).stdout();
    for name in ["castore-check.service", "castore-check.timer"] {
        assert!(printed.contains(&*String::from_utf8_lossy(&tree.read(name))), "{name}");
    }
    let output = castore.run(["schedule", "--print", "cron", "--out-dir", "gone"]).exits(2);
    assert!(output.stderr().contains("gone/castore-check"), "{output}");
}

/// A renamed option would let every run fail, long after.
#[test]
fn templates_name_options_that_check_has() {
    let help = Castore::here().run(["check", "--help"]).exits(0).stdout();
    let known: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--")).collect();
    let mut seen = 0;
    for (scheduler, more) in [
        ("systemd", &[][..]),
        ("cron", &[][..]),
        ("launchd", &[][..]),
        ("windows", &["--", "--out", r"C:\x"][..]),
        ("kubernetes", &["--image", "x"][..]),
    ] {
        let text = print(scheduler, more).exits(0).stdout();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.contains("<!--")) {
            let words = line.split(|c: char| c.is_whitespace() || "\"<>".contains(c));
            for word in words.filter(|word| word.starts_with("--") && word.len() > 3) {
                assert!(known.contains(&word), "{scheduler}: {word}");
                seen += 1;
            }
        }
    }
    // Those of systemd, cron, Windows and twice of Kubernetes.
    assert!(seen >= 10, "{seen}");
}

#[cfg(unix)]
mod mail {
    use super::{Castore, Output, Tree};
    use crate::certificates::root;
    use castore::model::{Timestamp, passing};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    /// The command of the printed line, as cron hands it to the shell.
    fn command(output: &Output) -> String {
        // Redactions of the transcript would change paths.
        let text = String::from_utf8_lossy(output.raw_stdout()).into_owned();
        let line = text.lines().last().expect("a line");
        line.split_once(" root ").expect("an account").1.replace("\\%", "%")
    }

    fn script(tree: &Tree, name: &str, text: &str) -> String {
        let path = tree.path().join(name);
        std::fs::write(&path, text).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// The line that says how to install what is printed makes what is printed.
    #[test]
    fn the_line_that_installs_repeats_what_was_given() {
        let common = ["--every", "hour", "--time", "5:30", "--with-hosts", "--program", "/opt/it's here/castore"];
        let tree = Tree::new();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_castore"), tree.path().join("castore")).expect("a link");
        for (scheduler, more, directory, names) in [
            ("cron", &["--state", "/srv/s t"][..], "/etc/cron.d", &["castore-check"][..]),
            ("systemd", &[], "/etc/systemd/system", &["castore-check.service", "castore-check.timer"]),
            ("kubernetes", &["--image", "a: b"], ".", &["castore-check.daemonset.yaml", "castore-check.cronjob.yaml"]),
        ] {
            let out = Tree::new();
            let printed = super::print(scheduler, &[&common[..], more, &super::ODD].concat()).exits(0);
            let printed = String::from_utf8_lossy(printed.raw_stdout()).into_owned();
            let line = printed.lines().find_map(|line| line.strip_prefix("#     castore ")).expect("a line");
            let option = format!(" --out-dir {directory} ");
            assert!(line.contains(&option), "{line}");
            let line = line.replace(&option, &format!(" --out-dir '{}' ", out.path().display()));
            let run =
                Command::new("/bin/sh").args(["-c", &format!("castore {line}")]).env("PATH", tree.path()).status();
            assert!(run.expect("a shell").success(), "{line}");
            for name in names {
                assert!(printed.contains(&*String::from_utf8_lossy(&out.read(name))), "{scheduler}: {name}");
            }
        }
    }

    /// What cron would mail.
    fn mail(command: &str, home: &Path) -> String {
        let output = Command::new("/bin/sh").args(["-c", command]).env_clear().env("HOME", home).output();
        let output = output.expect("a shell");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    #[test]
    fn comes_when_the_answer_changes() {
        let tree = Tree::new();
        let says = tree.path().join("says");
        let program = script(
            &tree,
            "fake 5%",
            &format!("#!/bin/sh\ncat '{0}'\necho \"$*\" >'{0}.arguments'\ngrep -q none '{0}'\n", says.display()),
        );
        let state = tree.path().join("state of 'it'");
        let state = state.to_str().expect("UTF-8");
        let output = Castore::here()
            .run(["schedule", "--print", "cron", "--program", &program, "--state", state, "--", "--skip", "expired"])
            .exits(0);
        let line = command(&output);
        let run = |text: &str| {
            std::fs::write(&says, text).expect("a file");
            mail(&line, tree.path())
        };
        assert_eq!(run("none\n"), "", "clean from the first");
        assert_eq!(run("none\n"), "");
        assert_eq!(run("a, 3 days ago\nb, 5 days from now\n"), "a, 3 days ago\nb, 5 days from now\n");
        assert_eq!(run("a, 4 days ago\nb, 4 days from now\n"), "", "only older");
        assert_eq!(run("a, 5 days ago\n"), "a, 5 days ago\n", "one is gone");
        assert_eq!(run("none\n"), "none\n", "well again");
        assert_eq!(run("none\n"), "");
        let arguments = String::from_utf8(tree.read("says.arguments")).expect("UTF-8");
        assert_eq!(arguments, "check --all-users --login-environment --format text --out - --skip expired\n");
        std::fs::remove_file(&program).expect("a program to remove");
        assert!(mail(&line, tree.path()).contains("fake 5%"), "what cannot run is said");
        assert_eq!(
            std::fs::metadata(Path::new(state).join("last")).expect("a file").permissions().mode() & 0o777,
            0o600
        );
    }

    /// Whatever is said of the days that pass, in each form that there is, is no news by itself.
    #[test]
    fn does_not_come_for_days_that_pass() {
        let tree = Tree::new();
        let says = tree.path().join("says");
        let program = script(&tree, "castore", &format!("#!/bin/sh\ncat '{}'\nexit 1\n", says.display()));
        let state = tree.path().join("state");
        let more = ["--program", &program, "--state", state.to_str().expect("UTF-8")];
        let line = command(&Castore::here().run(["schedule", "--print", "cron"].iter().chain(&more)).exits(0));
        let first: Timestamp = "2026-01-01T04:17:03Z".parse().expect("a time");
        let limit: Timestamp = "2026-01-03T23:59:59Z".parse().expect("a time");
        let run = |day: i64| {
            let at = first.plus_days(day);
            let (valid, until) = passing::valid_on(at, limit);
            let (holds, undone) = (passing::holds_on(at), passing::undone_by(at));
            let ages = [passing::ago(day), passing::from_now(2 - day), passing::old(day)];
            let text = format!("{valid}, found {until}\n{holds}\n{undone}\n{}\n", ages.join("\n"));
            std::fs::write(&says, &text).expect("a file");
            (mail(&line, tree.path()), text)
        };
        let (mailed, text) = run(0);
        assert_eq!(mailed, text);
        for day in [1, 2, 3, 200] {
            assert_eq!(run(day).0, "", "{day}");
        }
    }

    /// The words for ages are those of the checks: the same findings a day later are no news.
    #[test]
    fn does_not_come_for_one_day_more() {
        let certificates = root("Old").dates((2015, 1, 1), (2020, 1, 1)).make().pem()
            + &root("Soon").dates((2015, 1, 1), (2027, 3, 1)).make().pem()
            + &root("Not yet").dates((2028, 1, 1), (2035, 1, 1)).make().pem()
            + &root("mitmproxy").organization("mitmproxy").make().pem();
        let tree = Tree::new()
            .file("x.pem", certificates)
            .file("castore.toml", "[[allow]]\ncheck = \"malformed\"\nreason = \"known\"\nuntil = 2025-12-31\n");
        let day = tree.path().join("day");
        let (real, root) = (env!("CARGO_BIN_EXE_castore"), tree.path().display());
        let text = format!(
            "#!/bin/sh\n{real} check /x.pem --root '{root}' --config '{root}/castore.toml' --at \"$(cat '{}')\"\n",
            day.display()
        );
        let program = script(&tree, "castore", &text);
        let state = tree.path().join("state");
        let more = ["--program", &program, "--state", state.to_str().expect("UTF-8")];
        let line = command(&Castore::here().run(["schedule", "--print", "cron"].iter().chain(&more)).exits(0));
        let run = |at: &str| {
            std::fs::write(&day, at).expect("a file");
            mail(&line, tree.path())
        };
        let first = run("2027-01-01");
        for part in ["days ago", "days from now", "days old)", "an entry that holds on"] {
            assert!(first.contains(part), "{first}");
        }
        assert_eq!(run("2027-01-02"), "");
        assert_eq!(run("2027-02-03"), "");
        assert!(run("2027-03-02").contains("2027-03-01"), "one expired meanwhile");
    }

    /// Whatever settings say of the format, what is compared has no time in it; a format that is asked for is either
    /// refused or goes to a file, and then nothing is mailed but what goes wrong.
    #[test]
    fn does_not_come_daily_in_any_format() {
        let tree = Tree::new()
            .file("x.pem", root("Old").dates((2015, 1, 1), (2020, 1, 1)).make().pem())
            .file("cut.pem", root("Old").make().pem().split_at(200).0);
        let day = tree.path().join("day");
        let (real, root) = (env!("CARGO_BIN_EXE_castore"), tree.path().display());
        for format in castore::render::FORMATS.iter().map(|format| format.name) {
            let state = tree.path().join(format!("state of {format}"));
            let state = state.to_str().expect("UTF-8");
            let run = |line: &str, at: &str| {
                std::fs::write(&day, at).expect("a file");
                mail(line, tree.path())
            };
            // The options of the line, with this tree in the place of the machine's logins.
            let text = format!(
                "#!/bin/sh\nshift 3\nexport CASTORE_FORMAT={format} CASTORE_OUT='{root}/lost'\n\
                 exec {real} check /x.pem /cut.pem --root '{root}' --at \"$(cat '{}')\" \"$@\"\n",
                day.display()
            );
            let program = script(&tree, "castore", &text);
            let print = |more: &[&str]| {
                let words = ["schedule", "--print", "cron", "--program", &program, "--state", state, "--"];
                Castore::here().run(words.iter().chain(more))
            };
            let line = command(&print(&[]).exits(0));
            assert!(run(&line, "2027-01-01").starts_with("error["), "{format}: text comes");
            for at in ["2027-01-02", "2027-03-04"] {
                assert_eq!(run(&line, at), "", "{format}");
            }
            let is_refused = print(&["--format", format]).stderr().contains("other formats hold the time");
            assert_eq!(is_refused, format != "text", "{format}");
            let file = tree.path().join(format!("report.{format}"));
            let out = print(&["--format", format, "--out", file.to_str().expect("UTF-8")]).exits(0);
            assert!(out.stdout().contains("goes to the file of --out alone"), "{out}");
            let line = command(&out);
            std::fs::remove_dir_all(state).expect("a directory");
            let first = run(&line, "2027-01-01");
            assert!(!first.is_empty() && first.lines().all(|line| line.starts_with("castore: ")), "{format}: {first}");
            for at in ["2027-01-02", "2027-03-04"] {
                assert_eq!(run(&line, at), "", "{format}");
            }
            assert!(file.metadata().is_ok_and(|report| report.len() > 0), "{format}");
        }
    }
}
