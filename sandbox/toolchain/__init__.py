"""The programs of a sandbox, built from their published sources or found on this machine.

In come recipes and a cache folder, out comes a folder of links to programs that work together.
This room does not know what the programs are run for.
"""

from sandbox.toolchain.assemble import assemble
from sandbox.toolchain.cache import cache_folder
from sandbox.toolchain.debian import prometheus
from sandbox.toolchain.modules import Modules
from sandbox.toolchain.recipes import EVERYTHING, KWOK_MODULE, RECIPES

__all__ = ["EVERYTHING", "KWOK_MODULE", "RECIPES", "Modules", "assemble", "cache_folder", "prometheus"]
