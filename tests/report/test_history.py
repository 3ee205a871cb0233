from __future__ import annotations

import json
from dataclasses import replace

from gitops.model.deployment import Deployment, Intent
from gitops.report.history import as_json, as_table

INTENT = Intent("6743a1", "ada@laptop", "main", "c0ffee" + "0" * 34, ("api", "db", "dns", "mail", "web"))
GOOD = Deployment(
    2,
    "update",
    INTENT,
    "Sync",
    "2026-01-01T10:00:00Z",
    "2026-01-01T10:00:07Z",
    "Succeeded",
    "",
    {"create": 2},
)
BARE = Deployment(
    1,
    "update",
    None,
    "by hand\nmore",
    "2026-01-01T09:00:00Z",
    "2026-01-01T09:00:01Z",
    "Failed",
    "no room",
    {},
    "v1",
)


def test_a_table_has_a_row_each_and_the_reason_below() -> None:
    assert as_table([GOOD, BARE]).splitlines() == [
        "ID  STARTED               TOOK  BY          REVISION      OUTCOME    CHANGES   APPLICATIONS",
        "2   2026-01-01T10:00:00Z  7s    ada@laptop  c0ffee000000  Succeeded  2 create  api, db, dns, mail and 1 more",
        "1   2026-01-01T09:00:00Z  1s    pulumi      v1            Failed     none      by hand",
        "      no room",
    ]


def test_a_wide_table_cuts_nothing() -> None:
    (line,) = as_table([GOOD], wide=True, headers=False).splitlines()
    assert INTENT.revision in line
    assert line.endswith("api, db, dns, mail, web")


def test_nothing_is_a_table_without_rows() -> None:
    assert as_table([]).split()[0] == "ID"


def test_what_runs_and_what_was_destroyed_is_told() -> None:
    running = replace(GOOD, outcome="Running", finished="", kind="destroy")
    assert "Running (destroy)" in as_table([running])
    assert json.loads(as_json("prod", "", [running]))["deployments"][0]["seconds"] is None


def test_machines_get_everything() -> None:
    document = json.loads(as_json("prod", "web", [GOOD, BARE]))
    assert document["schema"] == "gitops.internal/history/v1"
    assert (document["stack"], document["application"]) == ("prod", "web")
    good, bare = document["deployments"]
    assert (good["id"], good["by"], good["seconds"], good["changes"]) == (2, "ada@laptop", 7, {"create": 2})
    assert (bare["applications"], bare["reason"], bare["asked"]) == (None, "no room", "v1")
