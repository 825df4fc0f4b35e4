"""Listens, escalates and pages until it is told to stop.

Holds the database for itself: a second daemon on the same file is refused. ``--once`` does one round and leaves.
"""

import os
import platform
from pathlib import Path

import click

from monitor import clock, logs, wake
from monitor import config as configs
from monitor.actors import Actors
from monitor.clicks import Clicks
from monitor.commands import _options
from monitor.daemon import Daemon
from monitor.health import Health
from monitor.heartbeat import Heartbeat
from monitor.line import Line
from monitor.reload import Reload
from monitor.roll_call import RollCall
from monitor.second_way import SecondWay
from monitor.setup import setup
from monitor.slack.client import WebSlack
from monitor.slack.socket import Sockets
from monitor.store.sqlite import open_writer


@click.command()
@_options.config
@click.option("--once", is_flag=True, help="Poll each source once, escalate, deliver, and leave.")
def command(file: Path, once: bool) -> None:
    """Listen, escalate and page until told to stop.

    SIGTERM finishes the work in hand, a second one stops at once, and a saved config or rule file
    takes effect within two seconds (SIGHUP reads them at once); wrong ones are refused, and the last good ones stay.
    With --once it exits with 0 if every source was read and every page settled, and with 1 if not.
    """
    config = configs.load(file)
    token = logs.hide(config.secret(config.slack.token_env, config.slack.token_file))
    wake.ready(config)
    texts = config.rule_texts()
    made = setup(config, texts)
    store = open_writer(config.state, f"harken run, process {os.getpid()} on {platform.node()}")
    slack = WebSlack(token, config.slack.base_url, config.slack.timeout)
    line = Line(store, slack, made, clock.system, told_after=config.daemon.told_after)
    if config.fallback.url_env:
        line.outbox.second = SecondWay([logs.hide(config.secret(name)) for name in config.fallback.url_env])
    daemon = Daemon(line, config, Reload(config, made, texts, lambda: configs.load(file)))
    daemon.share = slack.uploads.below
    line.outbox.own_way = wake.ways(lambda: daemon.config)
    if once:
        try:
            settled = daemon.once()
        finally:
            store.close()
        if not settled:
            raise click.exceptions.Exit(1)
        return
    listening = lambda: frozenset(source.name for source in daemon.config.sources)  # noqa: E731 - of the config in force
    health = Health(line, lambda: daemon.ready, config.health.address, lambda: daemon.patience, listening)
    health.start()
    if config.heartbeat.url_env is not None:
        url = logs.hide(config.secret(config.heartbeat.url_env))
        Heartbeat(url, config.heartbeat.every, lambda: health.report(clock.system())).start()
    RollCall(line, lambda: daemon.config, slack).start()
    if made.controls:
        app_token = config.secret(config.slack.app_token_env, config.slack.app_token_file)
        actors = Actors(slack, lambda: daemon.config, clock.system)
        Sockets(app_token, config.slack.base_url, Clicks(line, slack, lambda: daemon.config, actors).take).start()
    daemon.run()
