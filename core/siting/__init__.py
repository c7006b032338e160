"""Where measures may stand: the siting rules of chapters 5 and 6, judged on a map.

Answers for one measure or a whole layout, live and in batch, by the same function
(:func:`.engine.judge`). :mod:`.model` has the nouns, :mod:`.ground` what is known of a place.
"""
