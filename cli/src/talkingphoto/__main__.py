"""``talkingphoto``, and ``python -m talkingphoto``."""

import sys


def main() -> None:
    """Run the command. Ctrl-C while it is still being loaded ends it as later."""
    try:
        from talkingphoto.main import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
