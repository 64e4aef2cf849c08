# `make` or `make help` lists what there is. Nothing here asks a question; everything can be run again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup toolchain build release test lint demo install clean

PREFIX  ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
EXAMPLEDIR  ?= $(PREFIX)/share/qtagent

# The toolchain: SWIFT=, else PATH, else where its tarball is usually unpacked (sudo's PATH leaves that out).
SWIFT ?= $(or $(shell command -v swift),$(wildcard /opt/swift/usr/bin/swift))
export PATH := $(if $(SWIFT),$(patsubst %/,%,$(dir $(SWIFT))):)$(PATH)

# Under sudo, the owner of the checkout builds, so that no file in .build is root's; only the tests run as root.
OWNER := $(shell stat -c %U .)
ifneq ($(SUDO_USER),)
ifeq ($(SUDO_USER),$(OWNER))
ifeq ($(shell runuser -u $(OWNER) -- test -x "$(SWIFT)" 2>/dev/null && echo yes),yes)
AS_OWNER := runuser -u $(OWNER) -- env HOME=$(shell getent passwd $(OWNER) | cut -d: -f6) PATH="$(PATH)"
endif
endif
endif

STATIC := -c release --static-swift-stdlib

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## install the Debian packages that are missing (root)
	@ops/setup

toolchain:
	@if [[ -z "$(SWIFT)" ]] || ! "$(SWIFT)" --version >/dev/null 2>&1; then \
	  echo "make: no Swift toolchain in PATH or /opt/swift;" \
	    "name one: make $(or $(MAKECMDGOALS),build) SWIFT=/path/to/bin/swift" >&2; \
	  exit 1; \
	fi

build: toolchain ## debug build of everything, tests included
	$(AS_OWNER) swift build --build-tests

release: toolchain ## release build of qtagent and qtctl, in .build/release
	$(AS_OWNER) swift build $(STATIC) --product qtagent
	$(AS_OWNER) swift build $(STATIC) --product qtctl

test: setup build ## every test, the lab's included (root; without root those are skipped)
	@$(if $(AS_OWNER),trap 'chown -R --from=root "$(OWNER)": .build' EXIT;) ops/test

lint: toolchain ## format and syntax of everything, units included
	@ops/lint

demo: ## a fleet of three hosts on this machine: commit, plan, deploy, look, clean up (root)
	@ops/demo

install: ## qtagent, qtctl, units and examples from the release build to DESTDIR and PREFIX
	@for file in .build/release/qtagent .build/release/qtctl; do \
	  [[ -x $$file ]] || { echo "make install: $$file is missing; run: make release" >&2; exit 1; }; \
	done
	@[[ -n "$(wildcard agent/*.service)" ]] || { echo "make install: agent/ has no unit" >&2; exit 1; }
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(EXAMPLEDIR)"
	install -m 755 .build/release/qtagent .build/release/qtctl "$(DESTDIR)$(PREFIX)/bin"
	@# The units name the binary by its full path, which PREFIX decides.
	for unit in agent/*.service; do \
	  sed -E 's#/usr/(local/)?bin/qtagent#$(PREFIX)/bin/qtagent#g' "$$unit" \
	    | install -m 644 /dev/stdin "$(DESTDIR)$(UNITDIR)/$${unit##*/}"; \
	done
	$(if $(wildcard agent/tmpfiles.d/*.conf),install -D -m 644 -t "$(DESTDIR)$(TMPFILESDIR)" agent/tmpfiles.d/*.conf)
	$(if $(wildcard agent/sysusers.d/*.conf),install -D -m 644 -t "$(DESTDIR)$(SYSUSERSDIR)" agent/sysusers.d/*.conf)
	$(if $(wildcard agent/*.yaml),install -m 644 agent/*.yaml "$(DESTDIR)$(EXAMPLEDIR)")

clean: ## remove what builds made
	rm -rf .build dist
