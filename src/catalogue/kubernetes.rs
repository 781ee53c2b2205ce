//! Clients of Kubernetes: kubectl and helm, programs in a pod, the kubelet, etcdctl.
//!
//! A kubeconfig names one authority for each cluster, as text within itself or as a file, not both.
//! What it names replaces the system's roots for that cluster, and without it they hold.

#[cfg(feature = "yaml")]
use super::client::Source;
use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Then};
use super::containers::SYSTEM_POOL;
use super::survey::Survey;
#[cfg(feature = "yaml")]
use crate::format::kubernetes::{Cluster, Kubeconfig, kubeconfig};
use crate::host::System::Linux;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[KUBECTL, HELM, POD, KUBELET, ETCDCTL];

const KUBECONFIG: &str = "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/";
const CLIENTCMD: &str = "https://github.com/kubernetes/client-go/blob/master/tools/clientcmd/client_config.go";
const VALIDATION: &str = "https://github.com/kubernetes/client-go/blob/master/tools/clientcmd/validation.go";
const IN_CLUSTER: &str = "https://github.com/kubernetes/client-go/blob/master/rest/config.go";
const HELM_ENVIRONMENT: &str = "https://github.com/helm/helm/blob/v3.18.4/pkg/cli/environment.go";
const ETCD_FLAGS: &str = "https://github.com/etcd-io/etcd/blob/main/pkg/flags/flag.go";
const ETCD_POOL: &str = "https://github.com/etcd-io/etcd/blob/main/client/pkg/tlsutil/tlsutil.go";

/// The authority of the cluster in use.
const CLUSTER: Rule = Rule::First(&[
    Leaf::setting("certificate-authority-data", contradiction).empty(Then::Refuse).says(VALIDATION),
    Leaf::path("{data}").look(Look::Listed).given(&DATA).says(CLIENTCMD),
    Leaf::setting("certificate-authority", authority).look(Look::Blocks).says(KUBECONFIG),
    SYSTEM_POOL,
]);

/// `kubectl`: and every program that reads a kubeconfig as it does, for the cluster in use.
const KUBECTL: Client = Client::new(
    "kubectl",
    "kubectl",
    "The authority that the kubeconfig has for the cluster in use, within itself or as a file; without one the \
     system's roots as Go reads them.",
    Rule::Each(
        |survey| built(survey, "kubectl", configured(survey)),
        &Rule::All(&[Leaf::switch_setting("insecure-skip-tls-verify", insecure).says(KUBECONFIG), CLUSTER]),
    ),
)
.judged_by(&policy::go::GO)
.reads(&["KUBECONFIG"])
.edit(Edit::Via("kubectl config set-cluster --certificate-authority"));

/// `helm`: the same, and a variable before it.
const HELM: Client = Client::new(
    "helm",
    "Helm",
    "HELM_KUBECAFILE, else what the kubeconfig has for the cluster in use. Repositories are fetched with the system's \
     roots unless a file is given for one.",
    Rule::Each(
        |survey| match survey.programs("helm").is_empty() {
            true => Vec::new(),
            false => built(survey, "helm", configured(survey)),
        },
        &Rule::All(&[
            Leaf::switch_setting("insecure-skip-tls-verify", insecure).says(KUBECONFIG),
            Rule::First(&[
                Leaf::variable("HELM_KUBECAFILE").look(Look::Blocks).missing(Then::Refuse).says(HELM_ENVIRONMENT),
                CLUSTER,
            ]),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.reads(&["KUBECONFIG"])
.edit(Edit::Via("kubectl config set-cluster --certificate-authority"));

/// `kubernetes-pod`: programs in a pod, by the service account mounted there.
const POD: Client = Client::new(
    "kubernetes-pod",
    "programs in a Kubernetes pod",
    "The cluster's authority that the service account brings into the pod; a file that cannot be read is passed over.",
    Rule::Each(
        |survey| {
            let token = Path::new("/var/run/secrets/kubernetes.io/serviceaccount");
            let found = Installation { because: "service account".to_owned(), ..Installation::default() };
            if survey.host.is_directory(token) { vec![Arc::new(found)] } else { Vec::new() }
        },
        &Rule::First(&[
            Leaf::path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt").look(Look::Blocks).says(IN_CLUSTER),
            SYSTEM_POOL,
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::Never("the cluster mounts it"));

/// `kubelet`: a node, by the kubeconfig that kubeadm writes.
const KUBELET: Client = Client::new(
    "kubelet",
    "the kubelet of a node",
    "The authority that /etc/kubernetes/kubelet.conf has for its cluster.",
    Rule::Each(
        |survey| {
            let files = [PathBuf::from("/etc/kubernetes/kubelet.conf")];
            built(survey, "kubelet", in_files(survey, &files))
        },
        &Rule::All(&[Leaf::switch_setting("insecure-skip-tls-verify", insecure).says(KUBECONFIG), CLUSTER]),
    ),
)
.judged_by(&policy::go::GO)
.on(&[Linux])
.edit(Edit::Via("kubeadm"));

/// `etcdctl`: by its variables.
const ETCDCTL: Client = Client::new(
    "etcdctl",
    "etcdctl",
    "The file of ETCDCTL_CACERT instead of the system's roots as Go reads them.",
    Rule::Each(
        |survey| {
            let one = |at: PathBuf| Installation { at, because: "PATH".to_owned(), ..Installation::default() };
            let found = survey.programs("etcdctl").into_iter().map(one).map(Arc::new).collect();
            built(survey, "etcdctl", found)
        },
        &Rule::All(&[
            Leaf::switch("ETCDCTL_INSECURE_SKIP_TLS_VERIFY").when(is_true).says(ETCD_FLAGS),
            Rule::First(&[
                Leaf::variable("ETCDCTL_CACERT").look(Look::UnlessBad).missing(Then::Refuse).says(ETCD_POOL),
                SYSTEM_POOL,
            ]),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.edit(Edit::Via("the file that ETCDCTL_CACERT names"));

/// The same, with what built the first program of this name on `PATH`.
fn built(survey: &Survey<'_>, name: &str, mut found: Vec<Arc<Installation>>) -> Vec<Arc<Installation>> {
    if let Some(program) = survey.programs(name).first() {
        found.iter_mut().for_each(|one| survey.add_go(Arc::make_mut(one), program));
    }
    found
}

/// The words that Go takes for true (`strconv.ParseBool`).
fn is_true(value: &std::ffi::OsStr) -> bool {
    ["1", "t", "T", "true", "TRUE", "True"].iter().any(|word| value == *word)
}

/// The mark of a cluster whose authority is within the kubeconfig.
const DATA: &str = "certificate-authority-data";

/// The files of `KUBECONFIG`, else the one in the home directory.
fn configured(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let list = survey.set("KUBECONFIG").map(|list| crate::host::split_list(list.as_os_str()));
    let files = list.unwrap_or_else(|| survey.in_home(".kube/config").into_iter().collect());
    in_files(survey, &files)
}

#[cfg(feature = "yaml")]
fn in_files(survey: &Survey<'_>, files: &[PathBuf]) -> Vec<Arc<Installation>> {
    let read = |file: &PathBuf| Some((survey.host.absolute(file), kubeconfig(&survey.host.settings(file)?)));
    let files: Vec<(PathBuf, Kubeconfig)> = files.iter().filter_map(read).collect();
    in_use(&files).map(|(file, cluster)| Arc::new(installation(survey, file, cluster))).into_iter().collect()
}

#[cfg(not(feature = "yaml"))]
fn in_files(_: &Survey<'_>, _: &[PathBuf]) -> Vec<Arc<Installation>> {
    Vec::new()
}

/// The cluster of the context in use, and the file it stands in: of each name the first counts
/// (`ClientConfigLoadingRules.Load`, tools/clientcmd/loader.go).
#[cfg(feature = "yaml")]
fn in_use(files: &[(PathBuf, Kubeconfig)]) -> Option<(&Path, &Cluster)> {
    let context = files.iter().find_map(|(_, config)| config.context.as_ref())?;
    let mut contexts = files.iter().flat_map(|(_, config)| &config.contexts);
    let (_, name) = contexts.find(|(name, _)| name == context)?;
    let mut clusters = files.iter().flat_map(|(file, config)| config.clusters.iter().map(move |one| (&**file, one)));
    clusters.find(|(_, cluster)| cluster.name == *name)
}

#[cfg(feature = "yaml")]
fn installation(survey: &Survey<'_>, file: &Path, cluster: &Cluster) -> Installation {
    let mut found = Installation {
        at: file.to_path_buf(),
        places: vec![("data", file.to_path_buf())],
        because: format!("cluster {}", cluster.name),
        ..Installation::default()
    };
    if let Some(value) = &cluster.data {
        found.marks.push(DATA);
        let behind = survey.host.resolve(file).map_or_else(|_| file.to_path_buf(), |found| found.path);
        found.listed.insert(behind.join(value));
    }
    found
}

#[cfg(feature = "yaml")]
fn cluster(survey: &Survey<'_>, installation: &Installation) -> Option<Cluster> {
    let config = kubeconfig(&survey.host.settings(&installation.at)?);
    let name = installation.because.strip_prefix("cluster ")?;
    config.clusters.into_iter().find(|cluster| cluster.name == name)
}

/// What kubectl stops at: an authority twice, or one of a cluster that is not to be verified.
#[cfg(feature = "yaml")]
fn contradiction(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let Some(cluster) = cluster(survey, installation) else { return Vec::new() };
    let both = cluster.file.as_ref().filter(|_| cluster.data.is_some()).map(|(_, line)| *line);
    let unused = cluster.insecure.filter(|_| cluster.data.is_some() || cluster.file.is_some());
    let source = |line| Source::File(installation.at.clone(), line);
    both.or(unused).map(|line| Setting { value: "".into(), source: source(line) }).into_iter().collect()
}

/// The file of an authority, relative to the directory of the kubeconfig.
#[cfg(feature = "yaml")]
fn authority(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let named = cluster(survey, installation).and_then(|cluster| cluster.file);
    let setting = named.map(|(name, line)| Setting {
        value: installation.at.parent().unwrap_or(Path::new("/")).join(name).into_os_string(),
        source: Source::File(installation.at.clone(), line),
    });
    setting.into_iter().collect()
}

#[cfg(feature = "yaml")]
fn insecure(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let line = cluster(survey, installation).and_then(|cluster| cluster.insecure);
    let source = |line| Source::File(installation.at.clone(), line);
    line.map(|line| Setting { value: "true".into(), source: source(line) }).into_iter().collect()
}

#[cfg(not(feature = "yaml"))]
fn contradiction(_: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    Vec::new()
}

#[cfg(not(feature = "yaml"))]
fn authority(_: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    Vec::new()
}

#[cfg(not(feature = "yaml"))]
fn insecure(_: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    Vec::new()
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;
    use crate::anchors::anchors;
    use crate::discover::{Use, discover};
    use crate::format::pem;
    use crate::format::tests::vectors::{one, two};
    use crate::host::Host;
    use crate::host::memory::{Memory, linux as host};
    use crate::load::{load, wanted};

    /// Which of the certificates `one` and `two` each installation takes, and what becomes of verification.
    fn taken(client: &'static Client, host: &Host) -> Vec<String> {
        let uses = discover(&Survey::new(host, Default::default()), [client]);
        let snapshot = load(host, &wanted(&uses));
        let names = |found: &Use| {
            let anchors = anchors(found, &snapshot);
            let has = |der: &[u8]| anchors.certificates.values().any(|anchor| anchor.certificate.der() == der);
            let names = [("one", one()), ("two", two())];
            let mut words: Vec<&str> = names.iter().filter(|(_, der)| has(der)).map(|(name, _)| *name).collect();
            words.extend(found.is_off().then_some("off"));
            words.extend(found.refuses().map(|_| "error"));
            words.join(" ")
        };
        uses.iter().map(names).collect()
    }

    fn data(der: &[u8]) -> String {
        base64_simd::STANDARD.encode_to_string(pem::write(der, &[]))
    }

    fn config(current: &str, clusters: &[(&str, &str)]) -> String {
        let mut text = format!("apiVersion: v1\nkind: Config\ncurrent-context: {current}\ncontexts:\n");
        for (name, _) in clusters {
            text += &format!("- name: {name}\n  context:\n    cluster: {name}\n    user: u\n");
        }
        text += "clusters:\n";
        for (name, lines) in clusters {
            text += &format!("- name: {name}\n  cluster:\n    server: https://{name}\n    {lines}\n");
        }
        text
    }

    #[test]
    fn the_cluster_in_use_has_one_authority() {
        let (a, b) = (format!("certificate-authority-data: {}", data(&one())), "certificate-authority: two.pem");
        let files = |current: &str| {
            let text = config(current, &[("a", &a), ("b", b), ("c", "insecure-skip-tls-verify: true"), ("d", "x: y")]);
            let system = pem::write(&one(), &[]) + &pem::write(&two(), &[]);
            Memory::new()
                .file("/h/.kube/config", text)
                .file("/h/.kube/two.pem", pem::write(&two(), &[]))
                .file("/etc/ssl/certs/ca-certificates.crt", system)
        };
        for (current, expected) in [("a", "one"), ("b", "two"), ("c", "one two off"), ("d", "one two")] {
            assert_eq!(taken(&KUBECTL, &host(files(current), &[])), [expected], "{current}");
        }
        assert!(taken(&KUBECTL, &host(files("gone"), &[])).is_empty());
        let helm = files("a").file("/usr/bin/helm", "");
        assert_eq!(taken(&HELM, &host(helm.clone(), &[])), ["one"]);
        assert_eq!(taken(&HELM, &host(helm, &[("HELM_KUBECAFILE", "/h/.kube/two.pem")])), ["two"]);
        assert!(taken(&HELM, &host(files("a"), &[])).is_empty());
    }

    #[test]
    fn of_two_files_the_first_with_a_name_counts() {
        let a = format!("certificate-authority-data: {}", data(&one()));
        let b = format!("certificate-authority-data: {}", data(&two()));
        let files =
            Memory::new().file("/x", config("a", &[("a", &a)])).file("/y", config("b", &[("a", &b), ("b", &b)]));
        assert_eq!(taken(&KUBECTL, &host(files.clone(), &[("KUBECONFIG", "/x:/y")])), ["one"]);
        assert_eq!(taken(&KUBECTL, &host(files.clone(), &[("KUBECONFIG", "/y:/x")])), ["two"]);
        assert_eq!(taken(&KUBECTL, &host(files, &[("KUBECONFIG", "/gone:/x")])), ["one"]);
    }

    #[test]
    fn a_missing_file_and_a_contradiction_are_errors() {
        let both = format!("certificate-authority: /gone\n    certificate-authority-data: {}", data(&one()));
        let unused = "insecure-skip-tls-verify: true\n    certificate-authority: /h/.kube/config";
        for (lines, expected) in [("certificate-authority: /gone", "error"), (&both, "error"), (unused, "off error")] {
            let files = Memory::new().file("/h/.kube/config", config("a", &[("a", lines)]));
            assert_eq!(taken(&KUBECTL, &host(files, &[])), [expected], "{lines}");
        }
    }

    #[test]
    fn a_pod_and_a_node_have_files_of_their_own() {
        let pod = Memory::new()
            .file("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", pem::write(&one(), &[]))
            .file("/etc/ssl/certs/ca-certificates.crt", pem::write(&two(), &[]));
        assert_eq!(taken(&POD, &host(pod, &[])), ["one"]);
        assert!(taken(&POD, &host(Memory::new(), &[])).is_empty());
        let a = format!("certificate-authority-data: {}", data(&one()));
        let node = Memory::new().file("/etc/kubernetes/kubelet.conf", config("a", &[("a", &a)]));
        assert_eq!(taken(&KUBELET, &host(node, &[])), ["one"]);
    }

    #[test]
    fn etcdctl_has_variables() {
        let files = Memory::new().file("/usr/bin/etcdctl", "").file("/one.pem", pem::write(&one(), &[]));
        assert_eq!(taken(&ETCDCTL, &host(files.clone(), &[("ETCDCTL_CACERT", "/one.pem")])), ["one"]);
        assert_eq!(taken(&ETCDCTL, &host(files.clone(), &[("ETCDCTL_CACERT", "/gone")])), ["error"]);
        assert_eq!(taken(&ETCDCTL, &host(files, &[("ETCDCTL_INSECURE_SKIP_TLS_VERIFY", "true")])), ["off"]);
    }
}
