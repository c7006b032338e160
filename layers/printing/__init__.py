"""Printed survey tables as files: Excel, Word, OpenDocument, PDF; filled Excel read back.

The layout comes from :mod:`...core.printing`; here are the files, the survey behind them and Qt's fonts.
No widgets, and no file of a survey but through the store.
"""
