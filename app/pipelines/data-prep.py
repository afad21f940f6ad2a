"""The same as data_prep.py, by the name that its description uses."""

import sys

from app.pipelines.data_prep import main

if __name__ == "__main__":
    sys.exit(main())
