"""The release that this tree is; every release changes it."""

VERSION = "1.0.0"
