"""Names of the practice watershed. All are made up of everyday words; no place of that county exists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WATERSHED = "清源河小流域"
CODE = "PX-QY01"
COUNTY = "青溪县"
TOWNSHIP = "云岭镇"
RIVER = "清源河"
RESERVOIR = "龙井水库"
ADMIN = _words(
    "清源村 石桥村 竹冲村 云峰村 双塘村 茶岭村 枫林村 水口村 长塅村 梅坪村 松坡村 荷塘村 "
    "桐坪村 大屋村 新塘村 黄坳村 白沙村"
)
HAMLETS = _words(
    "水口屋 石桥头 樟树下 李家坳 陈家湾 竹山冲 茶园里 老屋场 新屋里 大塘边 枫树坪 黄泥坳 "
    "长塅上 松山里 桐子坪 梅子冲 荷花塘 龙井坑 上湾里 下湾里 王家垅 杉木坑 白石滩 油榨坊 "
    "庙背 社下 罗家垅 周屋 横岭 塘尾 沙洲坝 烟竹湾 牛栏冲 柿子园 半岭 洋田 "
    "瓦窑坪 温家 石壁下 桥背"
)
BROOKS = _words(
    "竹山冲 龙井坑 石桥沟 茶园沟 枫树坑 黄泥沟 梅子坑 松山沟 桐坪沟 白石坑 杉木沟 油榨沟 "
    "横岭坑 半岭沟 烟竹坑 牛栏沟 柿园沟 庙背坑 社下沟 瓦窑沟"
)
PEOPLE = _words("李清 陈岚 王磊 周敏 罗川 温婷")


def numbered(names: tuple[str, ...], index: int) -> str:
    """The name at ``index``; past the end names come again with 二, 三 … behind."""
    turn, place = divmod(index, len(names))
    return names[place] + ("", "二", "三", "四", "五", "六", "七", "八", "九")[turn]
