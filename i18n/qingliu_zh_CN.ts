<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>ClauseDock</name>
    <message>
        <source>Clauses</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>Cited standards</source>
        <translation>引用标准</translation>
    </message>
    <message>
        <source>Rulings</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>Search: Chinese, pinyin initials, English, number</source>
        <translation>搜索：中文、拼音首字母、英文、条号</translation>
    </message>
    <message>
        <source>All levels</source>
        <translation>全部程度</translation>
    </message>
    <message>
        <source>Reading the standard …</source>
        <translation>正在读取标准……</translation>
    </message>
    <message>
        <source>Reading the standard</source>
        <translation>读取标准</translation>
    </message>
    <message>
        <source>Nothing found. Try fewer words, initials such as “stqj”, or another level.</source>
        <translation>没有找到。可减少词语、用拼音首字母（如“stqj”），或换一个程度。</translation>
    </message>
    <message>
        <source>{} entries</source>
        <translation>{} 条</translation>
    </message>
</context>
<context>
    <name>ClauseTexts</name>
    <message>
        <source>shall (应)</source>
        <translation>应（要求）</translation>
    </message>
    <message>
        <source>should (宜)</source>
        <translation>宜（推荐）</translation>
    </message>
    <message>
        <source>may (可)</source>
        <translation>可（允许）</translation>
    </message>
    <message>
        <source>no standard wording</source>
        <translation>无标准用词</translation>
    </message>
    <message>
        <source>clause</source>
        <translation>条</translation>
    </message>
    <message>
        <source>item</source>
        <translation>款</translation>
    </message>
    <message>
        <source>sub-item</source>
        <translation>项</translation>
    </message>
    <message>
        <source>explanatory note</source>
        <translation>条文说明</translation>
    </message>
    <message>
        <source>appendix</source>
        <translation>附录</translation>
    </message>
    <message>
        <source>Number, level and figures stand so in the draft; the text is our paraphrase.</source>
        <translation>条号、程度和数字与征求意见稿一致；文字为本插件的转述。</translation>
    </message>
    <message>
        <source>Partly our reading of the draft (for example an inherited level); our paraphrase.</source>
        <translation>部分为本插件的理解（如沿用上级条文的程度）；文字为转述。</translation>
    </message>
    <message>
        <source>From a third-party copy or from memory, not verified; our paraphrase.</source>
        <translation>来自第三方副本或记忆，未经核实；文字为转述。</translation>
    </message>
    <message>
        <source>Algorithms</source>
        <translation>算法</translation>
    </message>
    <message>
        <source>Survey tables</source>
        <translation>调查表</translation>
    </message>
    <message>
        <source>Indicators</source>
        <translation>评价指标</translation>
    </message>
    <message>
        <source>Measures</source>
        <translation>治理措施</translation>
    </message>
    <message>
        <source>Siting rules</source>
        <translation>布局规则</translation>
    </message>
    <message>
        <source>Numbers used</source>
        <translation>所用数值</translation>
    </message>
    <message>
        <source>Zones</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Types of watershed</source>
        <translation>小流域类型</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>图件</translation>
    </message>
    <message>
        <source>Code lists</source>
        <translation>代码表</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>Survey layers</source>
        <translation>调查图层</translation>
    </message>
    <message>
        <source>Standards cited</source>
        <translation>引用标准</translation>
    </message>
    <message>
        <source>See also</source>
        <translation>参见</translation>
    </message>
    <message>
        <source>Note on {}</source>
        <translation>{} 说明</translation>
    </message>
    <message>
        <source>{} (printed {})</source>
        <translation>{}（印作 {}）</translation>
    </message>
    <message>
        <source>part of</source>
        <translation>属于</translation>
    </message>
    <message>
        <source>In Qingliu:</source>
        <translation>在清流中：</translation>
    </message>
    <message>
        <source>Ruling</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>Settled:</source>
        <translation>处理：</translation>
    </message>
    <message>
        <source>Cited by</source>
        <translation>引用处</translation>
    </message>
    <message>
        <source>Touches</source>
        <translation>涉及</translation>
    </message>
    <message>
        <source>Listed in 1.0.4, but no clause of the draft uses it.</source>
        <translation>列于 1.0.4，但征求意见稿正文未引用。</translation>
    </message>
    <message>
        <source>Listed in 1.0.4.</source>
        <translation>列于 1.0.4。</translation>
    </message>
    <message>
        <source>Used in the text, but not listed in 1.0.4.</source>
        <translation>正文引用，但未列入 1.0.4。</translation>
    </message>
    <message>
        <source>Edition and status not verified.</source>
        <translation>版本与状态未核实。</translation>
    </message>
</context>
<context>
    <name>ProfilePlot</name>
    <message>
        <source>Click a channel on the map to see its profile.</source>
        <translation>在地图上点击一条沟道，查看其纵剖面。</translation>
    </message>
    <message>
        <source>{}: {:.0f} m long, gradient {:.2f} ‰ (dashed)</source>
        <translation>{}：长 {:.0f} m，比降 {:.2f} ‰（虚线）</translation>
    </message>
</context>
<context>
    <name>StreamDock</name>
    <message>
        <source>Compute</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Back to the standard&apos;s limits</source>
        <translation>恢复标准限值</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>沟道</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>By the standard</source>
        <translation>按标准</translation>
    </message>
    <message>
        <source>Choose a DEM and compute. The whole DEM is routed.</source>
        <translation>选择 DEM 后计算。汇流在整幅 DEM 上进行。</translation>
    </message>
    <message>
        <source>Longer than</source>
        <translation>长度大于</translation>
    </message>
    <message>
        <source>or draining more than</source>
        <translation>或集水面积大于</translation>
    </message>
    <message>
        <source>channels begin at</source>
        <translation>沟头集水面积</translation>
    </message>
    <message>
        <source>There is no raster in the project. Add a DEM first.</source>
        <translation>工程中没有栅格，请先添加 DEM。</translation>
    </message>
    <message>
        <source>Stream survey of {}</source>
        <translation>沟道调查：{}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Computing …</source>
        <translation>正在计算……</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Click a channel to see its profile.</source>
        <translation>点击一条沟道查看纵剖面。</translation>
    </message>
    <message>
        <source>All channels</source>
        <translation>全部沟道</translation>
    </message>
    <message>
        <source>To be surveyed</source>
        <translation>需调查</translation>
    </message>
    <message>
        <source>by length / by area / by both</source>
        <translation>按长度 / 按面积 / 二者</translation>
    </message>
    <message>
        <source>Near misses</source>
        <translation>接近限值</translation>
    </message>
    <message>
        <source>Length to survey (km)</source>
        <translation>需调查长度（km）</translation>
    </message>
    <message>
        <source>Drainage density (km/km²)</source>
        <translation>沟壑密度（km/km²）</translation>
    </message>
    <message>
        <source>Channels (preview)</source>
        <translation>沟道（预览）</translation>
    </message>
    <message>
        <source>Channel {}</source>
        <translation>沟道 {}</translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>Clauses of the standard</source>
        <translation>标准条文</translation>
    </message>
    <message>
        <source>{} is not part of this version yet.</source>
        <translation>{} 尚未包含在本版本中。</translation>
    </message>
    <message>
        <source>Stream survey: limits and profiles</source>
        <translation>沟道调查：限值与剖面</translation>
    </message>
</context>
</TS>
