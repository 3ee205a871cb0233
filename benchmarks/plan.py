"""From a commit to a plan: many applications from nothing, again, and with one of them changed."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from gitops.desired import desired_plan
from gitops.model.capabilities import WITHOUT_CLUSTER, Served
from gitops.model.settings import Cluster, Repository, Settings
from sandbox.bare import publish
from sandbox.synthetic import write_repository

_TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {{name: {{{{ .Release.Name }}}}-{number}}}
data: {{setting: {{{{ .Values.setting | quote }}}}}}
"""


def write_charts(destination: Path, applications: int, objects: int, revision: int) -> None:
    """A repository of charts; another revision changes the values of the first."""
    with tempfile.TemporaryDirectory(prefix="charts-") as scratch:
        for index in range(applications):
            name = f"chart-{index:04}"
            templates = Path(scratch, "k8s", "02-apps", name, "templates")
            templates.mkdir(parents=True)
            for number in range(objects):
                (templates / f"{number}.yaml").write_text(_TEMPLATE.format(number=number))
            (templates.parent / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
            setting = revision if index == 0 else 0
            (templates.parent / "values.yaml").write_text(f"setting: {setting}\n")
        publish(destination, Path(scratch), message=f"Describe {applications} charts")


def main() -> None:
    """Print seconds from a commit to its plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=200)
    parser.add_argument("--objects", type=int, default=5, help="of each application")
    parser.add_argument(
        "--charts", action="store_true", help="Helm charts instead of plain files; needs helm"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plan-") as scratch:
        repository = Path(scratch, "repository.git")
        settings = Settings("bench", Repository(repository.as_uri(), "main"), Cluster())
        served = Served({}, WITHOUT_CLUSTER)
        for what, revision in (("from nothing", 0), ("again", 0), ("one changed", 1)):
            if options.charts:
                write_charts(repository, options.applications, options.objects, revision)
            else:
                write_repository(
                    repository,
                    applications=options.applications,
                    objects_per_application=options.objects,
                    revision=revision,
                )
            started = time.perf_counter()
            plan = desired_plan(settings, served, Path(scratch, "cache"))
            print(f"{what}: {time.perf_counter() - started:.2f} s, {len(plan.objects)} objects")


if __name__ == "__main__":
    main()
