"""The action of GitHub: what its steps run, and what actionlint says of it."""

import json
import os
import pathlib
import subprocess

import pytest
import truthound_store
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
ACTIONLINT = os.environ.get("TRUTHOUND_STORE_TEST_ACTIONLINT")

LINT = """
const { createLinter } = require(process.argv[1]);
createLinter().then((lint) => console.log(JSON.stringify(lint(require("fs").readFileSync(0, "utf8"), "workflow.yml"))));
"""


def lint(workflow):
    """The messages of actionlint about a workflow."""
    printed = subprocess.run(["node", "-e", LINT, ACTIONLINT], input=workflow, capture_output=True, text=True, check=True)
    return [fault["message"] for fault in json.loads(printed.stdout)]


@pytest.fixture
def runner(tmp_path):
    """Runs the steps of the action with these inputs, as a runner of GitHub does, and returns the result of each.

    Nothing is installed: `pipx` only takes note of what it is asked for.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "truthound-store").symlink_to(truthound_store.find_program())
    (programs / "pipx").write_text('#!/bin/sh\necho "$@" >>installed\n')
    (programs / "pipx").chmod(0o755)

    def run(**given):
        inputs = {name: given.get(name, value["default"]) for name, value in ACTION["inputs"].items()}
        ended = {}
        for step in ACTION["runs"]["steps"]:
            conditions = step.get("if", "").split(" && ")
            if any(condition and not inputs[condition.split(".")[1].split(" ")[0]] for condition in conditions):
                continue
            variables = {name: inputs[text.split(".")[1].removesuffix(" }}")] for name, text in step["env"].items()}
            environment = {
                "PATH": f"{programs}:/usr/bin:/bin",
                "HOME": str(tmp_path),
                "TRUTHOUND_STORE_STORE": "./results",
                "GITHUB_STEP_SUMMARY": "summary.md",
                **variables,
            }
            # The shell `bash` of a step.
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            ended[step["name"].split(" ")[0]] = done
            if done.returncode != 0:
                break
        return ended

    return run


def test_results_are_saved_summarized_and_judged(runner, tmp_path):
    saved = runner(save=f"{ROOT}/examples/results/customers.run.json", asset="/data/dirty.csv", gate="--max-failures 0")
    assert (tmp_path / "installed").read_text() == "install truthound-store\n"
    assert saved["Save"].returncode == 0, saved["Save"].stderr
    assert (tmp_path / "summary.md").read_text().startswith("### /data/dirty.csv: failure\n")
    assert saved["Judge"].returncode == 10
    assert "::error" in saved["Judge"].stdout


def test_what_is_not_asked_for_is_not_done(runner, tmp_path):
    assert list(runner(version="0.1.0")) == ["Install"]
    assert (tmp_path / "installed").read_text() == "install truthound-store==0.1.0\n"


def test_text_in_an_input_is_not_run(runner, tmp_path):
    ended = runner(save="$(touch${IFS}done) `touch done`; touch done", asset='"; touch done; "')
    assert ended["Save"].returncode != 0
    assert not (tmp_path / "done").exists()


@pytest.mark.skipif(ACTIONLINT is None, reason="TRUTHOUND_STORE_TEST_ACTIONLINT names no actionlint")
def test_actionlint_finds_no_fault():
    assert lint((ROOT / ".github/workflows/test.yml").read_text()) == []
    inputs = {name: {"type": "string", **value} for name, value in ACTION["inputs"].items()}
    job = {"runs-on": "ubuntu-latest", "steps": ACTION["runs"]["steps"]}
    workflow = {"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}}
    assert lint(yaml.safe_dump(workflow)) == []
    workflow["jobs"]["action"]["steps"].append({"run": "echo ${{ inputs.nothing }}"})
    assert len(lint(yaml.safe_dump(workflow))) == 1
