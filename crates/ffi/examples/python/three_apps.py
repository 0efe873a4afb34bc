#!/usr/bin/env python3
"""Three apps with their own lists, files and ways of hearing, through the C ABI by ctypes: nothing to install.

    APPNET_LIBRARY=LIBRARY_FOLDER python3 three_apps.py PORT CA_FILE DATA_FOLDER

The server api.example.com is at 127.0.0.1:PORT, with a certificate of the CA in CA_FILE. It does what three_apps.c does.
"""

import json
import sys
import threading

from appnet import AppnetError, Code, Network

HOST = "https://api.example.com"


def call(task, api="request", **options):
    return {"type": "call", "task": task, "api": api, "options": options}


def wait_for(app, task, *kinds):
    """The next event of one of these kinds; what comes before it is passed over."""
    while True:
        event, attachments = app.next_event(10_000)
        if event["type"] in kinds and event.get("task") == task:
            return event, attachments


def main(port, ca_file, folder):
    def config(app_id, **domains):
        return {"appId": app_id, "domains": domains, "connectTo": [f"api.example.com::127.0.0.1:{port}"]}

    # The network: our own root beside none of the system's, and an observer.
    records = []
    with open(ca_file, encoding="ascii") as pem:
        settings = {"threads": 2, "systemRoots": False, "extraRootsPem": pem.read()}
    network = Network(settings, observer=records.append)
    network.set_connectivity({"networkType": "wifi"})

    # A configuration that is refused says what is wrong with it.
    try:
        network.launch(config("wx0", request=["http://api.example.com"]))
        raise SystemExit("it should be refused")
    except AppnetError as error:
        assert error.code == Code.INVALID_CONFIG, error
        print("refused:", error)

    # Three apps: one that reads, one that has files, one that hears by a callback.
    first = network.launch(config("wx1", request=[HOST]))
    second = network.launch(config("wx2", downloadFile=[HOST], uploadFile=[HOST]), directory=f"{folder}/wx2")
    heard, has_heard, ended = [], threading.Event(), threading.Event()

    def hear(event, attachments):
        if event is None:
            ended.set()
        elif event["type"] == "success":
            heard.append(event)
            has_heard.set()

    third = network.launch(config("wx3", request=[HOST]), callback=hear)

    # Bytes go out and come in beside the JSON.
    first.send(call(1, url=f"{HOST}/echo", method="POST", data={"bytes": 0}), [b"\0\1\2\3"])
    wait_for(first, 1, "success")
    first.send(call(2, url=f"{HOST}/bytes/5", responseType="arraybuffer"))
    event, attachments = wait_for(first, 2, "success")
    assert event["result"]["data"] == {"bytes": 0} and attachments == [b"\0\1\2\3\4"], attachments

    # Each app has its own lists: the second may download and not call.
    second.send(call(1, "downloadFile", url=f"{HOST}/bytes/1000", filePath="wxfile://usr/a.bin"))
    assert wait_for(second, 1, "success", "fail")[0]["result"]["filePath"] == "wxfile://usr/a.bin"
    second.send(call(2, url=f"{HOST}/json"))
    assert "url not in domain list" in wait_for(second, 2, "fail")[0]["result"]["errMsg"]

    # The third hears on the library's thread.
    third.send(call(1, url=f"{HOST}/json"))
    assert has_heard.wait(10)
    print("heard:", json.dumps(heard[0], separators=(",", ":"))[:60])

    # Away from the screen calls fail at once; back on it they work. A new configuration counts from the next call on.
    first.enter_background()
    first.send(call(3, url=f"{HOST}/json"))
    assert wait_for(first, 3, "fail")[0]["result"]["errMsg"] == "request:fail interrupted"
    first.enter_foreground()
    first.configure(config("wx1"))
    first.send(call(4, url=f"{HOST}/json"))
    assert "url not in domain list" in wait_for(first, 4, "fail")[0]["result"]["errMsg"]

    # A close ends what runs, says what that was, and leaves nothing.
    third.send(call(2, url=f"{HOST}/never"))
    print("closed:", json.dumps(third.close(), separators=(",", ":")))
    first.close()
    while first.next_event() is not None:
        pass

    # The second is closed with the network; when this returns, no callback and no thread is left.
    network.shut_down()
    assert ended.is_set()
    print("calls on record:", len(records))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
