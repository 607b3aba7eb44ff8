"""Strategies: one algorithm of continual learning a file, as pure functions that the engine calls."""

from workbench.continual.strategies.agem import agem
from workbench.continual.strategies.balanced_replay import balanced_replay
from workbench.continual.strategies.clr import clr
from workbench.continual.strategies.compose import compose
from workbench.continual.strategies.conpet import conpet
from workbench.continual.strategies.der import der
from workbench.continual.strategies.dst import dst
from workbench.continual.strategies.ewc import ewc
from workbench.continual.strategies.frozen import frozen
from workbench.continual.strategies.gdumb import gdumb
from workbench.continual.strategies.grid import grid
from workbench.continual.strategies.hat import hat
from workbench.continual.strategies.hle import hle
from workbench.continual.strategies.ibcl import ibcl
from workbench.continual.strategies.icarl import icarl
from workbench.continual.strategies.joint import cumulative, joint
from workbench.continual.strategies.lora import lora
from workbench.continual.strategies.lwf import lwf
from workbench.continual.strategies.mas import mas
from workbench.continual.strategies.migu import migu
from workbench.continual.strategies.muscle import muscle
from workbench.continual.strategies.naive import naive
from workbench.continual.strategies.olora import olora
from workbench.continual.strategies.packnet import packnet
from workbench.continual.strategies.replay import replay
from workbench.continual.strategies.seq import seq, seq_star
from workbench.continual.strategies.si import si
from workbench.continual.strategies.strategy import Strategy

__all__ = [
    "Strategy",
    "agem",
    "balanced_replay",
    "clr",
    "compose",
    "conpet",
    "cumulative",
    "der",
    "dst",
    "ewc",
    "frozen",
    "gdumb",
    "grid",
    "hat",
    "hle",
    "ibcl",
    "icarl",
    "joint",
    "lora",
    "lwf",
    "mas",
    "migu",
    "muscle",
    "naive",
    "olora",
    "packnet",
    "replay",
    "seq",
    "seq_star",
    "si",
]
