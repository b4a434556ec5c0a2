"""Lines as servers and their keepers log them, written for these tests; positions are those of two returns of 2013."""

from __future__ import annotations

F1, R1, F2, R2 = "0/45AD5F80", "0/52438570", "0/82603A30", "0/89217048"
MIB = 1 << 20


def csvlog(moment: str, severity: str, message: str, detail: str = "") -> str:
    """One entry of a csvlog, of the 23 columns that servers wrote until 12."""
    quoted = [text.replace('"', '""') for text in (message, detail)]
    details = f'"{quoted[1]}"' if detail else ""
    before = f"2013-08-06 {moment} CST,,,4728,,52005220.1278,6,,2013-08-06 09:32:16 CST,1/0,0,{severity},00000"
    return f'{before},"{quoted[0]}",{details},,,,,,,"StartupXLOG, xlog.c:6878",""'


PROMOTED = "\n".join(
    [
        csvlog("09:34:46.772", "LOG", "received promote request"),
        csvlog("09:34:46.772", "FATAL", "terminating walreceiver process due to administrator command"),
        csvlog("09:34:46.871", "LOG", f"record with zero length at {F1}"),
        csvlog("09:34:46.871", "LOG", "redo done at 0/45AD5F50"),
        csvlog("09:34:46.871", "LOG", "selected new timeline ID: 2"),
        csvlog("09:34:47.080", "LOG", "archive recovery complete"),
    ]
)
"""The new primary of the first return: it says where the fork is."""

_START = [
    csvlog("09:39:38.208", "LOG", "database system was interrupted; last known up at 2013-08-06 09:32:33 CST"),
    csvlog("09:39:38.208", "LOG", "entering standby mode"),
    csvlog("09:39:38.210", "LOG", "redo starts at 0/36000090"),
    csvlog("09:39:53.644", "LOG", f"record with zero length at {R1}"),
    csvlog("09:39:53.644", "LOG", f"consistent recovery state reached at {R1}"),
    csvlog("09:39:53.649", "LOG", "started streaming WAL from primary at 0/52000000 on timeline 1"),
]
_AHEAD = "requested starting point 0/52000000 is ahead of the WAL flush position of this server 0/45AD6088"
RETURNED = "\n".join(
    [
        *_START,
        *[
            csvlog(f"09:39:5{n}.650", "FATAL", f"could not receive data from WAL stream: ERROR:  {_AHEAD}\n")
            for n in (3, 8)
        ],
    ]
)
"""The old primary of the first return, refused twice; its messages are of two lines each."""

LATER_RETURN = "\n".join(
    [
        csvlog("09:53:40.585", "LOG", "database system was interrupted; last known up at 2013-08-06 09:51:32 CST"),
        csvlog("09:53:45.959", "LOG", f"consistent recovery state reached at {R2}"),
        csvlog(
            "09:53:45.966",
            "FATAL",
            "could not start WAL streaming: ERROR:  requested starting point 0/89000000 on timeline 1 is not in this "
            f"server's history\nDETAIL:  This server's history forked from timeline 1 at {F2}\n",
        ),
    ]
)
"""The second return of 2013, whose refusal says the fork itself, without the full stop of later majors."""

PATRONI = f"""\
2020-04-14 01:09:33,051 INFO: Leader key released
2020-04-14 01:09:35,060 INFO: Local timeline=1 lsn={R1}
2020-04-14 01:09:35,070 INFO: master_timeline=2
2020-04-14 01:09:35,070 INFO: master: history=1\t{F1}\tno recovery target specified
[27] LOG:  new timeline 2 forked off current database system timeline 1 before current recovery point {R1}
"""

KUBERNETES = (
    '{"level":"info","ts":"2024-07-01T16:03:23Z","logger":"postgres","msg":"record","logging_pod":"db-9","record":'
    '{"log_time":"2024-07-01 16:03:23.362 UTC","process_id":"39","error_severity":"FATAL","sql_state_code":"XX000",'
    '"message":"requested timeline 2 is not a child of this server\'s history","detail":"Latest checkpoint is at '
    f"{R1} on timeline 1, but in the history of the requested timeline, the server forked off from that timeline at "
    f'{F1}.","backend_type":"startup"}}}}\n'
)
