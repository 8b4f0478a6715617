# Two commands are all you need: make lab, make test.
#   PYTHON       the Python to build .venv with (3.11 or newer)      make lab PYTHON=python3.12
#   TORCH_INDEX  where torch itself comes from, e.g. the small CPU-only build for Linux:
#                make lab TORCH_INDEX=https://download.pytorch.org/whl/cpu
#   ARGS         passed on to JupyterLab                             make lab ARGS=--no-browser
#   MODE         of the benchmark: short (3 minutes) or long (20)    make bench MODE=long
PYTHON = python3
TORCH = torch==2.13.0
TORCH_INDEX =
ARGS =
MODE = short

# Relative paths only, so that spaces and any letters in the folder's own path do no harm.
VENV_PYTHON = .venv/bin/python
LAB = .venv/.installed-lab
DEV = .venv/.installed-dev
HERE := $(shell pwd -P)

.DEFAULT_GOAL := help
.PHONY: help lab test site workshop soak bench bench-quality sizes notebooks execute check clean moved

help:
	@echo "make lab        open the course in JupyterLab (installs into .venv the first time)"
	@echo "make test       run every test, then every notebook, blank and solved"
	@echo "make site       the solved lessons as a web page, in build/site; needs no network"
	@echo "make workshop   a kit for a room: notebooks, instructor's pages, the wheel (ARGS=--wheels: all)"
	@echo "make soak       the long runs behind the figures: faults, detectors, seeds of lesson 06"
	@echo "make bench      what a training step costs beside other loops and the machine's limit"
	@echo "make bench-quality  how good samples are after so many seconds, beside other recipes (hours)"
	@echo "make sizes      how large files, functions, cells and lessons are; nothing is too large"
	@echo "make notebooks  write notebooks/*.ipynb from notebooks/source/*.py"
	@echo "make execute    the same, and run the solved notebooks for fresh outputs (minutes)"
	@echo "make check      lint, formatting, and whether the notebooks match their sources"
	@echo "make clean      remove .venv, build/ and caches; your work/ and downloaded data stay"

lab: $(LAB)
	@$(VENV_PYTHON) -m gan_lessons $(ARGS)

test: $(DEV)
	@OMP_NUM_THREADS=1 $(VENV_PYTHON) -m pytest -n 2 --dist loadfile tests --junitxml=build/tests.xml
	@$(VENV_PYTHON) tests/lessons/run_notebooks.py

site: $(DEV)
	@$(VENV_PYTHON) -m tools.pages

workshop: $(DEV)
	@$(VENV_PYTHON) -m tools.workshop $(ARGS) $(if $(TORCH_INDEX),--torch-index "$(TORCH_INDEX)")

soak: $(DEV)
	@$(VENV_PYTHON) -m tools.soak
	@GAN_LESSONS_SOAK=1 $(VENV_PYTHON) -m pytest tests/lessons/test_claims.py

bench: $(DEV)
	@$(VENV_PYTHON) -m bench.steps $(MODE)

# Goes on where it was stopped; a part of it: make bench-quality ARGS="--seconds 15 --sets strokes"
bench-quality: $(DEV)
	@$(VENV_PYTHON) -m bench.quality $(ARGS)

sizes: $(DEV)
	@$(VENV_PYTHON) tools/sizes.py

notebooks: $(DEV)
	@$(VENV_PYTHON) tools/build.py

execute: $(DEV)
	@$(VENV_PYTHON) tools/build.py --execute

check: $(DEV)
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) tools/build.py --check

# To learn, [lab] is installed; to test and to build, [dev], which holds it. A stamp is written last:
# an install that was cut short is tried again. It holds the folder's path, because an install of a
# folder that was moved since points to a place that is gone. So does one whose Python was removed
# or upgraded.
here = $(shell $(VENV_PYTHON) -c '' 2>/dev/null && cat $(1) 2>/dev/null)
ifneq ($(call here,$(LAB)),$(HERE))
$(LAB): moved
endif
ifneq ($(call here,$(DEV)),$(HERE))
$(DEV): moved
endif
.venv/.installed-%: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This course needs Python 3.11 or newer, and '$(PYTHON)' is missing or older."; \
	  echo 'Nothing was installed or changed.'; \
	  echo 'Install one from python.org or your package manager, then name it: make lab PYTHON=python3.12'; \
	  exit 1; }
	@test -w . || { \
	  echo 'This folder cannot be written by your account, so nothing can be installed in it.'; \
	  echo 'Nothing was installed or changed.'; \
	  echo 'Copy the whole folder to one of your own and run make lab there.'; \
	  exit 1; }
	@rm -f $@
	@$(VENV_PYTHON) -c '' 2>/dev/null || rm -rf .venv
	@$(VENV_PYTHON) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv .venv || { \
	  echo 'Python could not make the virtual environment .venv (its own message is above).'; \
	  echo 'Nothing outside .venv was changed.'; \
	  echo 'On Debian or Ubuntu: sudo apt install python3-venv, then make lab again. Else see INSTALL.md.'; \
	  exit 1; }
	@echo "Installing into .venv: several minutes and 1.5 GB or more of disk, this once."
	@$(VENV_PYTHON) -m pip install --disable-pip-version-check $(if $(TORCH_INDEX),--index-url "$(TORCH_INDEX)") "$(TORCH)" && \
	$(VENV_PYTHON) -m pip install --disable-pip-version-check -c constraints.txt -e '.[$*]' || { \
	  echo 'The install did not finish (its own message is above).'; \
	  echo 'What was installed so far is kept in .venv; your work/ is untouched.'; \
	  echo 'Check the network and the free disk space, then run the same command again.'; \
	  exit 1; }
	@pwd -P > $@
	@test $* = lab || cp $@ $(LAB)

clean:
	rm -rf .venv build gan_lessons.egg-info .pytest_cache .ruff_cache .hypothesis
	find gan_lessons notebooks tests data tools bench distributed -name __pycache__ -type d -prune -exec rm -rf {} +
