# What a developer and an operator type. It needs make and Python >= 3.11; the first target brings the rest.

PYTHON ?= python3
UV := .uv/bin/uv
RUN := .venv/bin/python
STAMP := .venv/.synced

# The checks read the settings but use no server, so any addresses will do; they are those of a site in production.
CHECK_ENVIRONMENT = \
	PORTSEC_BASE_URL=https://portsec.example PORTSEC_ALLOWED_HOSTS=portsec.example PORTSEC_DEMO=0 PORTSEC_DEBUG=0 \
	PORTSEC_SECRET_KEY=only-for-the-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH \
	DATABASE_URL=postgres://portsec_app@localhost:1/portsec DATABASE_SYSTEM_URL=postgres://portsec_system@localhost:1/portsec \
	DATABASE_OWNER_URL=postgres://portsec_owner@localhost:1/portsec REDIS_URL=redis://localhost:1/0 EMAIL_URL=smtp://localhost:25 \
	PORTSEC_FILES=/tmp/portsec-files

.DEFAULT_GOAL := run
.PHONY: run test check browser chaos bench clean

run: $(STAMP)
	@$(RUN) manage.py up

test: $(STAMP)
	$(RUN) -m pytest --numprocesses auto --dist loadfile

browser: $(STAMP)
	$(RUN) -m pytest -m browser

chaos: $(STAMP)
	$(RUN) -m pytest -m "fault or load"

check: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(CHECK_ENVIRONMENT) $(RUN) -m mypy
	$(CHECK_ENVIRONMENT) $(RUN) manage.py makemigrations --check --dry-run
	$(CHECK_ENVIRONMENT) $(RUN) manage.py check --deploy --fail-level WARNING
	$(CHECK_ENVIRONMENT) $(RUN) manage.py spectacular --api-version 1 --validate --fail-on-warn --file /dev/null
	$(UV) lock --check

# Each starts servers of its own; bench/README.md says how to read the figures. Half an hour on a quiet machine.
bench: $(STAMP)
	$(RUN) manage.py bench_fanout
	$(RUN) manage.py bench_lists
	$(RUN) manage.py bench_delivery
	$(RUN) manage.py bench_regions

# The environment and the local stack's data; run it only while the stack is stopped.
clean:
	rm -rf .venv .uv .portsec staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): uv.lock pyproject.toml $(UV)
	@echo "Preparing the environment …"
	@UV_PYTHON_DOWNLOADS=never $(UV) sync --quiet --frozen --python $(PYTHON)
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "PortSec needs Python 3.11 or later: make PYTHON=python3.11 run")'
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	@touch $@
