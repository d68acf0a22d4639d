"""Uploaded files: judged by content, bounded before they are decoded, scanned, prepared."""
