"""What each route does, in two steps: first everything is looked up and checked, then it is performed.

The first step answers at once what is wrong with a request; the second may be a job. No step knows about HTTP.

    task.py       what all of them are
    selecting.py  a click; boxes of words; everything; a mask changed, and what it cuts out
    filling.py    removing, filling and extending with an eraser
    sampling.py   the same with the host's checkpoint
    batch.py      one of them for many pictures
"""
