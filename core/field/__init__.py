"""To the field and back (4.1.2, 4.3.3): what may leave the office, what came back, what is done with it.

Pure rules over plain values: secrecy marks of base layers, ASCII names, the three-way comparison of
base, survey and package, the decisions of a person about conflicts, and what photos become.
"""
