"""
A headless Chromium to look at HTML reports with, and the picture of one for the README.

`python tests/browser.py docs/report.png` makes the picture anew.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("chromium", "chromium-driver")  # Debian's
CASE = "samples/cases/harbour-d-server-cert-revoked"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def browser() -> str:
    """The program of the browser. Where it is missing and we may, it is installed; else the tests fail."""
    if not (found := located()) and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {
            "check": True,
            "stdout": subprocess.DEVNULL,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], **quiet)
        found = located()
    if not found:
        raise RuntimeError(f"The HTML reports are tested in a browser: install {' and '.join(PACKAGES)}.")
    return found


def located() -> str | None:
    if not shutil.which("chromedriver"):
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def window(width: int = 1120, height: int = 900) -> Iterator[webdriver.Chrome]:
    """A browser of its own, with all its requests on record."""
    options = webdriver.ChromeOptions()
    options.binary_location = browser()
    for each in (*ARGUMENTS, f"--window-size={width},{height}"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(120)
    driver.set_script_timeout(120)
    try:
        yield driver
    finally:
        driver.quit()


def requested(driver: webdriver.Chrome) -> list[str]:
    """The addresses of everything that was asked for since the last call, but for the browser's own icons."""
    messages = [json.loads(each["message"])["message"] for each in driver.get_log("performance")]
    asked = [each for each in messages if each["method"] == "Network.requestWillBeSent"]
    addresses = [each["params"]["request"]["url"] for each in asked]
    return [each for each in addresses if not each.startswith("data:image/svg+xml")]


def emulate(driver: webdriver.Chrome, *, width: int = 1120, scheme: str = "light", media: str = "") -> None:
    """A phone's width, the dark scheme, a printer."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def picture(target: Path) -> None:
    """The beginning of a report, as a picture."""
    with tempfile.TemporaryDirectory() as folder, window() as driver:
        page = Path(folder, "report.html")
        command = [sys.executable, "-m", "mqdiag", "analyze", CASE, "-f", "html", "-o", str(page)]
        subprocess.run(command, cwd=ROOT, check=True)
        emulate(driver, width=1040)
        driver.get(page.as_uri())
        size = driver.execute_script(
            "const end = document.querySelector('.evidence li:nth-child(2)').getBoundingClientRect();"
            "return [document.documentElement.clientWidth, end.top]"
        )
        clip: dict[str, Any] = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        target.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    picture(Path(sys.argv[1]))
