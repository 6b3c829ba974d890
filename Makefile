# Everything a fresh Debian 12 needs, and the one gate. `make help` lists the targets.
PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
DEBIAN := postgresql-postgis python3-venv fonts-dejavu-core
BROWSER := chromium-headless-shell
ARGS ?=
# the machine's own certificates: an institution's proxy may sign with its own
CERTS := $(wildcard /etc/ssl/certs/ca-certificates.crt)
# each of the many processes that a test or a service starts would compile every module anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install system venv peers demo browser test check bench deploy bundle bundle-test lock clean
help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

install: system venv ## set up this machine: system packages, .venv, locked dependencies

# apt only for what is missing: a second run needs no network
define packages
	@if ! dpkg-query -W -f='$${Status}\n' $(1) 2>/dev/null | grep -c '^install ok installed' | grep -qx $(words $(1)); then \
		$(SUDO) apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get -o DPkg::Lock::Timeout=300 install -y -q $(1); fi
endef

system:
	$(call packages,$(DEBIAN))
	@if [ "$$(id -u)" = 0 ] && ! id mahalle >/dev/null 2>&1; then \
		useradd --system --home-dir /var/lib/mahalle --shell /usr/sbin/nologin mahalle; fi

venv: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/^[^ ]*==/p' requirements.lock | sed '1b;/^[^ ]*==/d' > $(VENV)/uv.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(if $(CERTS),--cert $(CERTS)) --require-hashes -r $(VENV)/uv.lock
	$(BIN)/uv pip install --system-certs -q --require-hashes --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --system-certs -q --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@

demo: install ## the demonstration city, from files to a plan (ARGS="--no-serve --out out")
	$(BIN)/mahalle demo $(ARGS)

test: install browser check ## install, then the gate

browser:
	$(call packages,$(BROWSER))

check: ## the gate: lint, format, types, import contract, tests, doctests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder

peers: $(PEERS)/.installed

$(PEERS)/.installed: requirements-peers.lock | venv
	@[ -x $(PEERS)/bin/python ] || $(PYTHON) -m venv $(PEERS)
	$(BIN)/uv pip install --system-certs -q --require-hashes --python $(PEERS)/bin/python -r requirements-peers.lock
	@touch $@

bench: install browser peers ## benchmarks and simulation studies -> out/bench.json
	$(BIN)/python tests/benchmarks/run.py

deploy: install ## this machine becomes the server, as root (ARGS="--host-name ... --tls-cert ... --tls-key ...")
	deploy/bundle.sh --no-packages build/deploy
	build/deploy/install.sh $(ARGS)

bundle: venv ## one archive for Debian 12 without internet -> out/
	deploy/bundle.sh out

bundle-test: bundle ## the archive tried in a bare Debian 12 with the network cut off: minutes, root
	tests/deploy/offline.sh out

# $(1) extra, $(2) its lock
define locked
	$(BIN)/uv pip compile --system-certs pyproject.toml --extra $(1) --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -q -o $(2)
endef

lock: venv ## renew the two lock files from pyproject.toml
	$(call locked,dev,requirements.lock)
	$(call locked,peers,requirements-peers.lock)

clean: ## remove what the targets made
	rm -rf $(VENV) $(PEERS) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
