# Two commands are enough: `make demo` and `make test`. Needs Python 3.11+, Go 1.26+, make and git.
.DEFAULT_GOAL := help
.PHONY: help demo demo-down status shell check test-fast test slow bench soak fix clean

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.made-from-$(shell cksum pyproject.toml | cut -d' ' -f1)
CODE := gitops components sandbox tests benchmarks __main__.py
UNIT := -m "not live and not slow"

help: ## show the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP):
	@found=; for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	  if command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "error: no Python 3.11 or newer is on PATH; install one and run make again" >&2; exit 2; fi; \
	echo "making $(VENV) with $$found: a minute or so, once"; \
	$$found -m venv $(VENV) && $(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@rm -f $(VENV)/.made-from-*; touch $@

demo: $(STAMP) ## build what is missing, start two clusters, deploy both stacks, show their applications
	@$(PYTHON) -m sandbox demo

demo-down: $(STAMP) ## stop everything the demo started, and only that
	@$(PYTHON) -m sandbox down

status: $(STAMP) ## what of the demo runs, and where
	@$(PYTHON) -m sandbox status

shell: $(STAMP) ## a shell with pulumi, kubectl, gitops and the stacks ready
	@$(PYTHON) -m sandbox shell

check: $(STAMP) ## style, types and the direction of imports
	$(VENV)/bin/ruff check $(CODE)
	$(VENV)/bin/ruff format --check $(CODE)
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test-fast: check ## unit and program tests; needs no toolchain
	$(PYTHON) -m pytest -n auto $(UNIT)

test: check ## everything but the slow suite: unit, program and live tests on a sandbox of their own
	$(PYTHON) -m sandbox build --all
	$(PYTHON) -m pytest -n 3 --dist loadfile -m "not slow"

slow: $(STAMP) ## soaks and fuzzing
	$(PYTHON) -m pytest -m slow --timeout 3600

bench: $(STAMP) ## what an object costs, on a sandbox of its own; wants a quiet machine, takes ten minutes
	$(PYTHON) -m benchmarks.objects

soak: $(STAMP) ## twenty minutes of changes, restarts, outages and kills around the loop, and a report
	@$(PYTHON) -m benchmarks.soak

fix: $(STAMP) ## mend what the style tools can mend
	$(VENV)/bin/ruff check --fix $(CODE)
	$(VENV)/bin/ruff format $(CODE)

clean: ## stop the demo and delete the environment and the sandbox; caches outside stay
	@if [ -d .sandbox/clusters ]; then $(PYTHON) -m sandbox down 2>/dev/null || $(MAKE) demo-down; fi
	rm -rf $(VENV) .sandbox build *.egg-info
