"""A plugin of yt-dlp: where its settings name a simulator, YouTube's videos are looked up there instead.

Everything else is the library's own: what an address is, which format is chosen, how it is downloaded. Without that
setting the library's extractor does what it always does.
"""

from __future__ import annotations

from typing import Any

from yt_dlp.extractor.youtube import YoutubeIE
from yt_dlp.utils import ExtractorError


class SimulatedVideosIE(YoutubeIE, plugin_name="simulated"):  # type: ignore[misc, call-arg]
    """In the place of ``YoutubeIE``."""

    def _real_extract(self, url: str) -> Any:
        where = self._configuration_arg("simulator", [None], ie_key="youtube", casesense=True)[0]
        if where is None:
            return super()._real_extract(url)
        video_id = self._match_id(url)
        told = self._download_json(f"{where}/watch", video_id, query={"v": video_id})
        if told.get("region"):
            self.raise_geo_restricted(told["error"], countries=["DE"])
        if "error" in told:
            raise ExtractorError(told["error"], expected=True, video_id=video_id)
        return told["info"]
