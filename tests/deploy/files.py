"""What can be told of the files of docs/deploy without running Loket."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import kubernetes_validate
import promql_parser
import yaml

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
# The oldest and the newest minor version the manifests are held against; `sleep` before a stop is on since 1.30.
VERSIONS = ("1.30", "1.33", "1.37")
# How open systemd may call the service, of 10.
EXPOSURE = 2.0
# Made by an operator, as README.md says.
SECRETS = {"loket-keys", "loket-secrets"}


def said(*command, cwd=None) -> tuple[int, str]:
    """The exit code of a program, and all it said."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).strip()


def container(deploy, report):
    path = deploy / "Containerfile"
    code, text = said(os.environ["HADOLINT"], path)
    report.add("hadolint", "nothing said", text or "nothing said", code == 0 and not text)
    stages = {}
    name = None
    for line in path.read_text().replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = {"base": base, "user": stages.get(base, {}).get("user", "root")}
        elif word == "USER" and name:
            stages[name]["user"] = rest.strip()
    foreign = [own["base"] for own in stages.values() if own["base"] not in stages]
    loose = [base for base in foreign if ":" not in base or base.endswith(":latest")]
    report.none("bases without a tag", len(loose))
    users = {name: stages[name]["user"] for name in ("service", "pull", "complete")}
    report.add("images run as", "a number that is not 0", users,
               all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users.values()))
    text = path.read_text()
    report.add("stops on", "SIGTERM", "SIGTERM" if "\nSTOPSIGNAL SIGTERM\n" in text else "another", "\nSTOPSIGNAL SIGTERM\n" in text)


def systemd(deploy, report):
    root = deploy.parent / "root"
    units = root / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    binary = root / "usr" / "local" / "bin" / "loket"
    binary.parent.mkdir(parents=True)
    shutil.copy("/bin/true", binary)
    # The targets a unit is ordered by.
    shutil.copytree("/usr/lib/systemd/system", root / "usr" / "lib" / "systemd" / "system", symlinks=True)
    own = sorted((deploy / "systemd").glob("*.service"))
    for unit in own:
        shutil.copy(unit, units)
    names = [unit.name for unit in own]
    code, text = said("systemd-analyze", "verify", f"--root={root}", "--man=no", *names)
    # An unknown key is only told, not counted.
    report.add("verify", "nothing said", text or "nothing said", code == 0 and not text)
    for name in names:
        code, text = said("systemd-analyze", "security", "--offline=true", "--no-pager", f"--root={root}", name)
        found = re.search(r"exposure level for \S+: ([\d.]+)", text)
        report.at_most(f"{name} open to", EXPOSURE, float(found.group(1)) if found else 10.0, " of 10")


def documents(folder) -> list[tuple[str, dict]]:
    """Every manifest below a folder but what only kustomize reads."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        if path.name != "kustomization.yaml":
            found += [(str(path.relative_to(folder)), one) for one in yaml.safe_load_all(path.read_text())]
    return found


def schemas(deploy, report):
    all_of_them = documents(deploy / "kubernetes")
    report.at_least("manifests", 10, len(all_of_them))
    for version in VERSIONS:
        faults = []
        for name, one in all_of_them:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                faults.append(f"{name}: {error.message}")
        report.add(f"against the schema of Kubernetes {version}, strictly", "no fault", faults or "no fault", not faults)


def rendered(deploy, overlay: str) -> dict[tuple[str, str], dict]:
    """What an overlay and its base apply, by kind and name; names that kustomize makes keep their stem."""
    found = {}
    for folder in (deploy / "kubernetes" / "base", deploy / "kubernetes" / overlay):
        for _, one in documents(folder):
            found[one["kind"], one["metadata"]["name"]] = one
        made = yaml.safe_load((folder / "kustomization.yaml").read_text()).get("configMapGenerator", [])
        for one in made:
            found["ConfigMap", one["name"]] = {"data": {name: (folder / name).read_text() for name in one["files"]}}
    return found


def pods(objects) -> dict[str, dict]:
    """Templates of pods by the kind that makes them."""
    found = {}
    for (kind, _), one in objects.items():
        if kind == "Deployment":
            found[kind] = one["spec"]["template"]
        elif kind == "CronJob":
            found[kind] = one["spec"]["jobTemplate"]["spec"]["template"]
    return found


def matches(selector: dict, template: dict) -> bool:
    return selector.items() <= template["metadata"]["labels"].items()


def references(deploy, report):
    routes = json.loads((REPOSITORY / "docs" / "openapi.json").read_text())["paths"]
    for overlay in ("one-machine", "scaled"):
        objects = rendered(deploy, overlay)
        made = pods(objects)
        faults = []

        def want(holds, what, faults=faults):
            if not holds:
                faults.append(what)

        want(set(made) == {"Deployment", "CronJob"}, f"pods of {set(made)}")
        for kind, template in made.items():
            spec = template["spec"]
            want(("ServiceAccount", spec["serviceAccountName"]) in objects, f"{kind}: service account")
            for volume in spec["volumes"]:
                for holder, key, name in (("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
                                          ("configMap", "ConfigMap", "name"), ("secret", None, "secretName")):
                    if holder in volume:
                        own = volume[holder][name]
                        want(own in SECRETS if key is None else (key, own) in objects, f"{kind}: {holder} {own}")
            volumes = {volume["name"] for volume in spec["volumes"]}
            want(spec["securityContext"].get("runAsNonRoot"), f"{kind}: root")
            for one in spec.get("initContainers", []) + spec["containers"]:
                name = f"{kind}: {one['name']}"
                closed = one["securityContext"]
                want(closed["readOnlyRootFilesystem"] and not closed["allowPrivilegeEscalation"]
                     and closed["capabilities"] == {"drop": ["ALL"]}, f"{name}: open")
                want("memory" in one["resources"]["limits"] and "cpu" in one["resources"]["requests"], f"{name}: resources")
                mounts = [mount["name"] for mount in one["volumeMounts"]]
                want(set(mounts) <= volumes, f"{name}: mounts {set(mounts) - volumes}")
                want(one["image"] == "loket", f"{name}: image {one['image']}")
                ports = {port["name"] for port in one.get("ports", [])}
                probes = [one[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe") if probe in one]
                for probe in probes:
                    want(probe["path"] in routes, f"{name}: {probe['path']} is no route")
                    want(probe["port"] in ports, f"{name}: {probe['port']} is no port")
                if one["name"] == "loket":
                    want([probe["path"] for probe in probes] == ["/livez", "/readyz", "/livez"], f"{name}: probes")
        service = made["Deployment"]
        for kind, name in objects:
            one = objects[kind, name]
            if kind == "Service":
                want(matches(one["spec"]["selector"], service), "Service selects nothing")
                want(not matches(one["spec"]["selector"], made["CronJob"]), "Service selects builds")
            elif kind in ("PodDisruptionBudget", "NetworkPolicy"):
                selector = one["spec"].get("selector") or one["spec"]["podSelector"]
                want(matches(selector["matchLabels"], service), f"{kind} selects nothing")
            elif kind == "Deployment":
                want(matches(one["spec"]["selector"]["matchLabels"], service), "Deployment selects nothing")
            elif kind == "HorizontalPodAutoscaler":
                want(("Deployment", one["spec"]["scaleTargetRef"]["name"]) in objects, "autoscaler of nothing")
        report.add(f"names in {overlay}", "all lead somewhere", faults or "all lead somewhere", not faults)


def kustomizations(deploy, report):
    faults = []
    for path in sorted((deploy / "kubernetes").rglob("kustomization.yaml")):
        folder = path.parent
        own = yaml.safe_load(path.read_text())
        listed = {(folder / name).resolve() for name in own["resources"]}
        faults += [f"{folder.name}: {gone} is not there" for gone in listed if not gone.exists()]
        there = {one.resolve() for one in folder.glob("*.yaml")} - {path.resolve()}
        faults += [f"{folder.name}: {one.name} is not listed" for one in there - listed]
        faults += [f"{folder.name}: {name}" for one in own.get("configMapGenerator", []) for name in one["files"]
                   if not (folder / name).exists()]
        unknown = set(own) - {"apiVersion", "kind", "resources", "images", "configMapGenerator"}
        faults += [f"{folder.name}: {key} is not checked here" for key in unknown]
    report.add("files", "all listed, all there", faults or "all listed, all there", not faults)


def rules(deploy, report):
    folder = deploy / "prometheus"
    tool = os.environ["PROMTOOL"]
    code, text = said(tool, "check", "rules", folder / "rules.yml")
    report.add("promtool check rules", "0", code if code == 0 else text, code == 0)
    code, text = said(tool, "check", "config", "--syntax-only", folder / "scrape.yml")
    report.add("promtool check config", "0", code if code == 0 else text, code == 0)
    shutil.copy(HERE / "rules_test.yml", folder)
    code, text = said(tool, "test", "rules", "rules_test.yml", cwd=folder)
    report.add("promtool test rules", "0", code if code == 0 else text, code == 0)
    alerts = [rule["alert"] for group in yaml.safe_load((folder / "rules.yml").read_text())["groups"] for rule in group["rules"]]
    calm, wild = yaml.safe_load((HERE / "rules_test.yml").read_text())["tests"]
    silent = {one["alertname"] for one in calm["alert_rule_test"]}
    loud = set(re.findall(r'alertname="(\w+)"', str(wild["promql_expr_test"])))
    untested = [alert for alert in alerts if alert not in silent or alert not in loud]
    report.add("alerts that are not seen both silent and loud", "none", untested or "none", not untested)


def dashboard_expressions(deploy) -> list[str]:
    """What the panels ask Prometheus, with values for the variables Grafana fills in."""
    found = []
    for panel in json.loads((deploy / "grafana" / "loket.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"].replace("$__rate_interval", "5m").replace("$job", "loket").replace("$instance", ".*")
            found.append(text)
    return found


def rule_expressions(deploy) -> list[str]:
    groups = yaml.safe_load((deploy / "prometheus" / "rules.yml").read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def metric_names(expression: str) -> set[str]:
    """Names of the series an expression selects."""
    found = set()

    def visit(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.add(node.name)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def dashboard(deploy, report):
    board = json.loads((deploy / "grafana" / "loket.json").read_text())
    panels = board["panels"]
    report.add("ids", "different", len({panel["id"] for panel in panels}), len({panel["id"] for panel in panels}) == len(panels))
    taken: set[tuple[int, int]] = set()
    overlaps = []
    for panel in panels:
        place = panel["gridPos"]
        own = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if own & taken or place["x"] + place["w"] > 24:
            overlaps.append(panel["title"])
        taken |= own
    report.add("panels that overlap", "none", overlaps or "none", not overlaps)
    # promtool reads expressions in rules only.
    group = {"name": "board", "rules": [{"record": f"board:panel:{number}", "expr": text}
                                         for number, text in enumerate(dashboard_expressions(deploy))]}
    path = deploy.parent / "board.yml"
    path.write_text(yaml.safe_dump({"groups": [group]}))
    code, text = said(os.environ["PROMTOOL"], "check", "rules", path)
    report.add("expressions", "parsed", f"{len(group['rules'])} parsed" if code == 0 else text, code == 0)
    faults = [panel["title"] for panel in panels if panel["type"] != "row"
              and (not panel.get("description") or not panel["fieldConfig"]["defaults"].get("unit"))]
    report.add("panels without a unit or a word on what they show", "none", faults or "none", not faults)
