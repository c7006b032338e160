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
    <name>SurveyDock</name>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Changed by someone else</source>
        <translation>他人已修改</translation>
    </message>
    <message>
        <source>Deleted by {} at {}. Enter it again with your values?</source>
        <translation>该行已由 {} 于 {} 删除。是否用您填写的值重新录入？</translation>
    </message>
    <message>
        <source>Changed by {} at {} since you opened it. Choose which value stays.</source>
        <translation>您打开后，该行由 {} 于 {} 修改过。请选择保留哪个值。</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>字段</translation>
    </message>
    <message>
        <source>In the survey</source>
        <translation>调查库中</translation>
    </message>
    <message>
        <source>Entered here</source>
        <translation>此处填写</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>mine</source>
        <translation>我的</translation>
    </message>
    <message>
        <source>theirs</source>
        <translation>对方的</translation>
    </message>
    <message>
        <source>Open a survey, or make a new one.</source>
        <translation>请打开或新建调查库。</translation>
    </message>
    <message>
        <source>Reading the standard</source>
        <translation>读取标准</translation>
    </message>
    <message>
        <source>Open survey</source>
        <translation>打开调查库</translation>
    </message>
    <message>
        <source>Survey (*.gpkg)</source>
        <translation>调查库 (*.gpkg)</translation>
    </message>
    <message>
        <source>No survey opened yet</source>
        <translation>尚未打开过调查库</translation>
    </message>
    <message>
        <source>Checking the survey …</source>
        <translation>正在检查调查库……</translation>
    </message>
    <message>
        <source>Checking the survey</source>
        <translation>检查调查库</translation>
    </message>
    <message>
        <source>The survey is sound.</source>
        <translation>调查库完好。</translation>
    </message>
    <message>
        <source>Counting the survey&apos;s tables</source>
        <translation>统计调查表</translation>
    </message>
    <message>
        <source>No rows yet: add one, paste from a spreadsheet, or select a feature on the map.</source>
        <translation>还没有记录：可新增一行、从电子表格粘贴，或在地图上选择要素。</translation>
    </message>
    <message>
        <source>Not unlocked: a reason is needed.</source>
        <translation>未解锁：需要填写理由。</translation>
    </message>
    <message>
        <source>Unlock the sheet</source>
        <translation>解锁调查表</translation>
    </message>
    <message>
        <source>Why is the checked sheet opened again?</source>
        <translation>为什么重新打开已校核的调查表？</translation>
    </message>
    <message>
        <source>No draft could be kept: {}</source>
        <translation>草稿无法保存：{}</translation>
    </message>
    <message>
        <source>Not saved: {} of {} ({} in all).</source>
        <translation>未保存的草稿：{}，{}（共 {} 份）。</translation>
    </message>
    <message>
        <source>The sheet is checked; unlock it first.</source>
        <translation>该表已校核，请先解锁。</translation>
    </message>
    <message>
        <source>Not saved: {}</source>
        <translation>未保存：{}</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>The last action was taken back.</source>
        <translation>已撤销上一次操作。</translation>
    </message>
    <message>
        <source>Map edits saved: {} rows.</source>
        <translation>地图编辑已保存：{} 行。</translation>
    </message>
    <message>
        <source>{} rows copied.</source>
        <translation>已复制 {} 行。</translation>
    </message>
    <message>
        <source>Nothing to paste: the rows are the same already.</source>
        <translation>没有可粘贴的内容：各行已相同。</translation>
    </message>
    <message>
        <source>{} rows pasted.</source>
        <translation>已粘贴 {} 行。</translation>
    </message>
    <message>
        <source>No row for this feature yet; a new row is linked to it.</source>
        <translation>该要素还没有记录；已新建一行并与之关联。</translation>
    </message>
    <message>
        <source>Select one feature of the layer on the map first.</source>
        <translation>请先在地图上选择该图层的一个要素。</translation>
    </message>
    <message>
        <source>“{}” is not a number.</source>
        <translation>“{}”不是数字。</translation>
    </message>
    <message>
        <source>“{}” is not a whole number.</source>
        <translation>“{}”不是整数。</translation>
    </message>
    <message>
        <source>“{}” is not a date; write 2026-01-31.</source>
        <translation>“{}”不是日期，请写成 2026-01-31。</translation>
    </message>
    <message>
        <source>“{}” cannot be read.</source>
        <translation>无法识别“{}”。</translation>
    </message>
    <message>
        <source>Clauses: {}</source>
        <translation>条文：{}</translation>
    </message>
    <message>
        <source>Link to selection</source>
        <translation>关联所选要素</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放到</translation>
    </message>
    <message>
        <source>Clause {}</source>
        <translation>条文 {}</translation>
    </message>
    <message>
        <source>linked</source>
        <translation>已关联</translation>
    </message>
    <message>
        <source>not linked to a feature yet</source>
        <translation>尚未关联要素</translation>
    </message>
    <message>
        <source>computed: {}</source>
        <translation>计算值：{}</translation>
    </message>
    <message>
        <source>computed: {} ({})</source>
        <translation>计算值：{}（{}）</translation>
    </message>
    <message>
        <source>computed: {}; entered differs by {}</source>
        <translation>计算值：{}；填写值相差 {}</translation>
    </message>
    <message>
        <source>Added columns (not in the printed table)</source>
        <translation>补充列（原表未列）</translation>
    </message>
    <message>
        <source>From the map: {}</source>
        <translation>由地图得到：{}</translation>
    </message>
    <message>
        <source>Save head</source>
        <translation>保存表头</translation>
    </message>
    <message>
        <source>Filled</source>
        <translation>已填</translation>
    </message>
    <message>
        <source>Check and lock</source>
        <translation>校核并锁定</translation>
    </message>
    <message>
        <source>Unlock …</source>
        <translation>解锁……</translation>
    </message>
    <message>
        <source>The date cannot be read; write 2026-01-31.</source>
        <translation>无法识别日期，请写成 2026-01-31。</translation>
    </message>
    <message>
        <source>The checker must be someone else than the surveyor.</source>
        <translation>校核人不能是调查人本人。</translation>
    </message>
    <message>
        <source>Enter surveyor and checker before the sheet is checked and locked.</source>
        <translation>校核锁定前请填写调查人和校核人。</translation>
    </message>
</context>
<context>
    <name>SurveyPanel</name>
    <message>
        <source>Choose a row to fill it.</source>
        <translation>请选择一行进行填写。</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>行数</translation>
    </message>
    <message>
        <source>Filled</source>
        <translation>已填</translation>
    </message>
    <message>
        <source>Missing</source>
        <translation>缺</translation>
    </message>
    <message>
        <source>Wrong</source>
        <translation>有误</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Open survey …</source>
        <translation>打开调查库……</translation>
    </message>
    <message>
        <source>New survey …</source>
        <translation>新建调查库……</translation>
    </message>
    <message>
        <source>Close survey</source>
        <translation>关闭调查库</translation>
    </message>
    <message>
        <source>Save map edits</source>
        <translation>保存地图编辑</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>New row</source>
        <translation>新增一行</translation>
    </message>
    <message>
        <source>Copy rows</source>
        <translation>复制各行</translation>
    </message>
    <message>
        <source>Paste rows</source>
        <translation>粘贴各行</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Put back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Discard draft</source>
        <translation>放弃草稿</translation>
    </message>
    <message>
        <source>Stressed for this type of watershed (4.1.5)</source>
        <translation>本类型小流域的调查重点（4.1.5）</translation>
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
    <message>
        <source>Survey tables</source>
        <translation>调查表</translation>
    </message>
</context>
</TS>
