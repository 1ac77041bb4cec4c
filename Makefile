# make demo shows the site, make test proves it; make alone lists the rest.

PORT ?= 8000
HOST ?= 127.0.0.1
RESET ?=
BIN := .venv/bin
INSTALLED := .venv/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench bench-scale clean

help: ## Show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/'

install: $(INSTALLED) ## Create .venv with pinned versions

$(INSTALLED): pyproject.toml constraints/dev.txt .ci/install
	@.ci/install

demo: $(INSTALLED) ## Run the example site (PORT=8000, RESET=1 starts afresh)
	@exec $(BIN)/python -m example.demo --with-parent --host=$(HOST) --port=$(PORT) $(if $(RESET),--reset)

test: $(INSTALLED) ## Run all tests on PostgreSQL and Redis, then those of the database on SQLite
	@.ci/tools
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup
	DATABASE_URL=sqlite://:memory: $(BIN)/python -m pytest -n $(WORKERS) --database-only -m "not browser and not postgresql"

lint: $(INSTALLED) ## Check style, types, layers, migrations and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	git ls-files -z '*.html' | xargs -0 $(BIN)/djhtml --check

bench: $(INSTALLED) ## Measure against the budgets
	$(BIN)/python -m benchmarks.request
	$(BIN)/python -m benchmarks.mail
	$(BIN)/python -m benchmarks.bots
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.persistence
	$(BIN)/python -m benchmarks.faults

bench-scale: $(INSTALLED) ## Measure segments and the admin at a million members (24 GB of memory, 40 GB of disk)
	$(BIN)/python -m benchmarks.segments
	$(BIN)/python -m benchmarks.admin

clean: ## Remove .venv and all local data
	rm -rf .venv var build dist *.egg-info
