"""What is kept, as tables for analysis elsewhere: typed columns, and the formats that they are written in.

`tables` says which columns and rows there are; `formats` writes any of them as CSV, xlsx, JSON Lines or Parquet.
"""
